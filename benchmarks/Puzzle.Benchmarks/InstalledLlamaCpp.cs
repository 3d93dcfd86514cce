using Puzzle.Core.Errors;
using Puzzle.Serving.LlamaCpp;

namespace Puzzle.Benchmarks;

/// <summary>llama.cpp for benchmarks: the folder that the environment names, else the package that the interop tests install.</summary>
internal static class InstalledLlamaCpp
{
    public static LlamaCppLibrary Find(BenchmarkContext context)
    {
        if (LlamaCppLibrary.FromEnvironment() is { } library)
            return library;
        var package = Path.Combine(context.Root, "tests", "interop", "node_modules");
        return Directory.Exists(package) ? LlamaCppLibrary.Load(package) : throw new BadInputException($"{package}: llama.cpp is not there; run npm ci in tests/interop or set {LlamaCppLibrary.Variable}");
    }
}
