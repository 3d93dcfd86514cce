using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Puzzle.Core.Errors;

namespace Puzzle.Serving.LlamaCpp;

/// <summary>
/// llama.cpp's own shared libraries. They are not part of Puzzle: the variable <see cref="Variable"/> names their folder.
/// </summary>
public sealed unsafe partial class LlamaCppLibrary
{
    /// <summary>The environment variable that names the folder with libllama and libggml.</summary>
    public const string Variable = "PUZZLE_LLAMA_CPP";

    private const int ParameterBytes = 512;

    private static readonly Lock Gate = new();
    private static LlamaCppLibrary? loaded;

    private readonly nint _llama;

    private LlamaCppLibrary(string folder)
    {
        Folder = folder;
        Open(folder, GgmlBase(), "libggml-base");
        var ggml = Open(folder, Ggml(), "libggml");
        _llama = Open(folder, Llama(), "libllama");
        ((delegate* unmanaged[Cdecl]<delegate* unmanaged[Cdecl]<int, byte*, void*, void>, void*, void>)Export("llama_log_set"))(&LlamaCppLog.Write, null);
        var path = Marshal.StringToCoTaskMemUTF8(folder);
        ((delegate* unmanaged[Cdecl]<nint, void>)NativeLibrary.GetExport(ggml, "ggml_backend_load_all_from_path"))(path);
        Marshal.FreeCoTaskMem(path);
        ((delegate* unmanaged[Cdecl]<void>)Export("llama_backend_init"))();

        ModelDefaults = (delegate* unmanaged[Cdecl]<Parameters>)Export("llama_model_default_params");
        ContextDefaults = (delegate* unmanaged[Cdecl]<Parameters>)Export("llama_context_default_params");
        LoadModel = (delegate* unmanaged[Cdecl]<nint, Parameters, nint>)Export("llama_model_load_from_file");
        FreeModel = (delegate* unmanaged[Cdecl]<nint, void>)Export("llama_model_free");
        Vocabulary = (delegate* unmanaged[Cdecl]<nint, nint>)Export("llama_model_get_vocab");
        VocabularySize = (delegate* unmanaged[Cdecl]<nint, int>)Export("llama_vocab_n_tokens");
        TokenizeText = (delegate* unmanaged[Cdecl]<nint, byte*, int, int*, int, byte, byte, int>)Export("llama_tokenize");
        NewContext = (delegate* unmanaged[Cdecl]<nint, Parameters, nint>)Export("llama_init_from_model");
        FreeContext = (delegate* unmanaged[Cdecl]<nint, void>)Export("llama_free");
        SetThreads = (delegate* unmanaged[Cdecl]<nint, int, int, void>)Export("llama_set_n_threads");
        Decode = (delegate* unmanaged[Cdecl]<nint, Batch, int>)Export("llama_decode");
        Logits = (delegate* unmanaged[Cdecl]<nint, int, float*>)Export("llama_get_logits_ith");
        Memory = (delegate* unmanaged[Cdecl]<nint, nint>)Export("llama_get_memory");
        ClearMemory = (delegate* unmanaged[Cdecl]<nint, byte, void>)Export("llama_memory_clear");
        RemoveTokens = (delegate* unmanaged[Cdecl]<nint, int, int, int, byte>)Export("llama_memory_seq_rm");
    }

    /// <summary>Where the libraries were found.</summary>
    public string Folder { get; }

    /// <summary>The name of the library's file, which tells its version.</summary>
    public string Version => Path.GetFileName(Find(Folder, Llama())!);

    internal delegate* unmanaged[Cdecl]<Parameters> ModelDefaults { get; }

    internal delegate* unmanaged[Cdecl]<Parameters> ContextDefaults { get; }

    internal delegate* unmanaged[Cdecl]<nint, Parameters, nint> LoadModel { get; }

    internal delegate* unmanaged[Cdecl]<nint, void> FreeModel { get; }

    internal delegate* unmanaged[Cdecl]<nint, nint> Vocabulary { get; }

    internal delegate* unmanaged[Cdecl]<nint, int> VocabularySize { get; }

    internal delegate* unmanaged[Cdecl]<nint, byte*, int, int*, int, byte, byte, int> TokenizeText { get; }

    internal delegate* unmanaged[Cdecl]<nint, Parameters, nint> NewContext { get; }

    internal delegate* unmanaged[Cdecl]<nint, void> FreeContext { get; }

    internal delegate* unmanaged[Cdecl]<nint, int, int, void> SetThreads { get; }

    internal delegate* unmanaged[Cdecl]<nint, Batch, int> Decode { get; }

    internal delegate* unmanaged[Cdecl]<nint, int, float*> Logits { get; }

    internal delegate* unmanaged[Cdecl]<nint, nint> Memory { get; }

    internal delegate* unmanaged[Cdecl]<nint, byte, void> ClearMemory { get; }

    internal delegate* unmanaged[Cdecl]<nint, int, int, int, byte> RemoveTokens { get; }

    /// <summary>The libraries of the folder that <see cref="Variable"/> names; null where it is not set.</summary>
    /// <exception cref="BadInputException">The folder does not hold them.</exception>
    public static LlamaCppLibrary? FromEnvironment() =>
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } folder ? Load(folder) : null;

    /// <param name="folder">Holds libllama and libggml, itself or below; a process loads one version only.</param>
    /// <exception cref="BadInputException">The folder does not hold them, or they cannot be loaded.</exception>
    public static LlamaCppLibrary Load(string folder)
    {
        if (!Directory.Exists(folder))
            throw new BadInputException($"{Variable}: {folder}: no such folder");
        lock (Gate)
        {
            if (loaded is not null)
                return loaded;
            folder = Path.GetFullPath(folder);
            var place = new[] { folder }.Concat(Directory.EnumerateDirectories(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 4 }))
                .FirstOrDefault(candidate => Find(candidate, Llama()) is not null)
                ?? throw new BadInputException($"{folder}: no libllama is in this folder or below; {Variable} must name the folder of llama.cpp's shared libraries");
            return loaded = new LlamaCppLibrary(place);
        }
    }

    private static nint Open(string folder, Regex pattern, string what)
    {
        var file = Find(folder, pattern) ?? throw new BadInputException($"{folder}: {what} is missing");
        try
        {
            return NativeLibrary.Load(file);
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
        {
            throw new BadInputException($"{file}: cannot be loaded: {error.Message}", error);
        }
    }

    private static string? Find(string folder, Regex pattern) => Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).FirstOrDefault(file => pattern.IsMatch(Path.GetFileName(file)));

    private nint Export(string name) => NativeLibrary.TryGetExport(_llama, name, out var address)
        ? address
        : throw new BadInputException($"{Folder}: this version of llama.cpp has no function {name}");

    [GeneratedRegex(@"^(lib)?llama(\.v[\d.]+)?\.(so|dll|dylib)$")]
    private static partial Regex Llama();

    [GeneratedRegex(@"^(lib)?ggml(\.v[\d.]+)?\.(so|dll|dylib)$")]
    private static partial Regex Ggml();

    [GeneratedRegex(@"^(lib)?ggml-base(\.v[\d.]+)?\.(so|dll|dylib)$")]
    private static partial Regex GgmlBase();

    /// <summary>Parameters of a version whose layout is not known: room for all of them, passed back as they came but for a few.</summary>
    [StructLayout(LayoutKind.Sequential, Size = ParameterBytes)]
    internal struct Parameters
    {
        private byte _first;

        public static Span<int> Words(ref Parameters parameters) => MemoryMarshal.Cast<byte, int>(MemoryMarshal.CreateSpan(ref parameters._first, ParameterBytes));
    }

    /// <summary>llama.cpp's <c>llama_batch</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Batch
    {
        public int Count;
        public int* Tokens;
        public float* Embeddings;
        public int* Positions;
        public int* SequenceCounts;
        public int** Sequences;
        public byte* WantsLogits;
    }
}
