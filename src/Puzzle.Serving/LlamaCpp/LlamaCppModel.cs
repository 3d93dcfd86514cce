using System.Runtime.InteropServices;
using System.Text;
using Puzzle.Core.Errors;

namespace Puzzle.Serving.LlamaCpp;

/// <summary>A GGUF file in llama.cpp.</summary>
public sealed unsafe class LlamaCppModel : IDisposable
{
    private nint _model;

    private LlamaCppModel(LlamaCppLibrary library, nint model) => (Library, _model) = (library, model);

    public LlamaCppLibrary Library { get; }

    /// <summary>The number of logits of a position.</summary>
    public int VocabSize => Library.VocabularySize(Library.Vocabulary(Handle));

    internal nint Handle => _model != 0 ? _model : throw new ObjectDisposedException(nameof(LlamaCppModel));

    /// <exception cref="BadInputException">llama.cpp refuses the file; the message holds what it said.</exception>
    public static LlamaCppModel Open(LlamaCppLibrary library, string file)
    {
        if (!File.Exists(file))
            throw new BadInputException($"{file}: no such file");
        LlamaCppLog.Take();
        var path = Marshal.StringToCoTaskMemUTF8(file);
        var model = library.LoadModel(path, library.ModelDefaults());
        Marshal.FreeCoTaskMem(path);
        return model != 0 ? new(library, model) : throw new BadInputException($"{file}: llama.cpp refuses it: {LlamaCppLog.Errors()}");
    }

    /// <summary>Text to ids with the tokenizer of the file.</summary>
    public int[] Tokenize(string text, bool addSpecial = false, bool parseSpecial = true)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var ids = new int[bytes.Length + 8];
        fixed (byte* input = bytes.Length > 0 ? bytes : new byte[1])
        fixed (int* output = ids)
        {
            var count = Library.TokenizeText(Library.Vocabulary(Handle), input, bytes.Length, output, ids.Length, addSpecial ? (byte)1 : (byte)0, parseSpecial ? (byte)1 : (byte)0);
            return count >= 0 ? ids[..count] : throw new OutOfResourceException($"llama.cpp made more than {ids.Length} tokens of {bytes.Length} bytes");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_model != 0)
            Library.FreeModel(_model);
        _model = 0;
    }
}
