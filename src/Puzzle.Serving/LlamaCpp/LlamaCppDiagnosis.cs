using Puzzle.Core.Errors;
using Puzzle.Core.Runtime;

namespace Puzzle.Serving.LlamaCpp;

/// <summary>Looks whether llama.cpp is configured, loads, and is of a kind that the binding knows.</summary>
public static class LlamaCppDiagnosis
{
    private const string Name = "llama.cpp";

    public static Diagnosis Examine()
    {
        if (Environment.GetEnvironmentVariable(LlamaCppLibrary.Variable) is not { Length: > 0 } folder)
        {
            return new(Name, DiagnosisState.Absent, $"{LlamaCppLibrary.Variable} is not set: exports are read back by Puzzle alone",
                $"to check exports in llama.cpp and measure with it, set {LlamaCppLibrary.Variable} to the folder of its shared libraries (libllama and libggml), for example of the npm package @node-llama-cpp/linux-x64");
        }

        try
        {
            var library = LlamaCppLibrary.Load(folder);
            LlamaCppSession.CheckLayout(library);
            return new(Name, DiagnosisState.Good, $"{library.Version} of {library.Folder}, loaded");
        }
        catch (PuzzleException error)
        {
            return new(Name, DiagnosisState.Wrong, error.Message, $"set {LlamaCppLibrary.Variable} to a folder that holds, itself or below, libllama, libggml and libggml-base of one build for this machine (v0.5.0 is tested), or unset it");
        }
    }
}
