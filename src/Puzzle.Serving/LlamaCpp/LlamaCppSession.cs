using Puzzle.Core.Errors;

namespace Puzzle.Serving.LlamaCpp;

/// <summary>Sequences that a model works on in llama.cpp, with their cache.</summary>
public sealed unsafe class LlamaCppSession : IDisposable
{
    private const int Automatic = -1;
    private const int Float32 = 0;
    private const int Float16 = 1;
    private const int MostWords = 64;

    private readonly LlamaCppModel _model;
    private readonly LlamaCppLibrary _library;
    private readonly int _batchTokens;
    private nint _context;

    /// <param name="model">Outlives the session.</param>
    /// <param name="options">Sizes and threads.</param>
    /// <exception cref="OutOfResourceException">llama.cpp has no memory for it, or refuses the sizes.</exception>
    /// <exception cref="BadInputException">The library's parameters are laid out in a way that is not known.</exception>
    public LlamaCppSession(LlamaCppModel model, LlamaCppOptions? options = null)
    {
        options ??= new();
        (_model, _library, _batchTokens, VocabSize) = (model, model.Library, options.BatchTokens, model.VocabSize);
        var parameters = _library.ContextDefaults();
        Fill(LlamaCppLibrary.Parameters.Words(ref parameters), options);
        LlamaCppLog.Take();
        _context = _library.NewContext(model.Handle, parameters);
        if (_context == 0)
            throw new OutOfResourceException($"llama.cpp cannot hold {options.Sequences} sequences of {options.ContextTokens} tokens: {LlamaCppLog.Errors()}");
        Check(LlamaCppLog.Take(), options.HalfCache ? "f16" : "f32");
        _library.SetThreads(_context, options.Threads, options.Threads);
    }

    public int VocabSize { get; }

    /// <summary>Looks whether a library's parameters are laid out as the binding expects, without a model.</summary>
    /// <exception cref="BadInputException">They are not.</exception>
    internal static void CheckLayout(LlamaCppLibrary library)
    {
        var parameters = library.ContextDefaults();
        Fill(LlamaCppLibrary.Parameters.Words(ref parameters), new());
    }

    /// <summary>Runs one pass.</summary>
    /// <param name="tokens">At most as many as the options' <see cref="LlamaCppOptions.BatchTokens"/>.</param>
    /// <exception cref="OutOfResourceException">The cache is full, or the pass failed.</exception>
    public void Decode(ReadOnlySpan<LlamaCppToken> tokens)
    {
        if (tokens.Length > _batchTokens)
            throw new ArgumentException($"a pass of {tokens.Length} tokens; the session was made for {_batchTokens}");
        var count = tokens.Length;
        var ids = new int[3 * count];
        var wants = new byte[count];
        for (var i = 0; i < count; i++)
            (ids[i], ids[count + i], ids[(2 * count) + i], wants[i]) = (tokens[i].Id, tokens[i].Position, tokens[i].Sequence, tokens[i].WantsLogits ? (byte)1 : (byte)0);
        var ones = new int[count];
        Array.Fill(ones, 1);
        var sequences = new nint[count];
        fixed (int* numbers = ids, counts = ones)
        fixed (nint* pointers = sequences)
        fixed (byte* flags = wants)
        {
            for (var i = 0; i < count; i++)
                pointers[i] = (nint)(numbers + (2 * count) + i);
            var batch = new LlamaCppLibrary.Batch { Count = count, Tokens = numbers, Positions = numbers + count, SequenceCounts = counts, Sequences = (int**)pointers, WantsLogits = flags };
            LlamaCppLog.Take();
            var result = _library.Decode(Handle, batch);
            if (result != 0)
                throw new OutOfResourceException($"llama.cpp could not run a pass of {count} tokens (code {result}): {LlamaCppLog.Errors()}");
        }
    }

    /// <summary>The logits of a token of the last pass, which must have wanted them; valid until the next pass.</summary>
    /// <param name="index">Its place in the pass.</param>
    public ReadOnlySpan<float> Logits(int index)
    {
        var values = _library.Logits(Handle, index);
        return values != null ? new(values, VocabSize) : throw new ArgumentException($"token {index} of the pass has no logits");
    }

    /// <summary>Logits of all positions of a text, [T, V] row by row, without a cache from before.</summary>
    public float[] AllLogits(ReadOnlySpan<int> ids)
    {
        Clear();
        var all = new float[ids.Length * VocabSize];
        for (var start = 0; start < ids.Length; start += _batchTokens)
        {
            var tokens = new LlamaCppToken[Math.Min(_batchTokens, ids.Length - start)];
            for (var i = 0; i < tokens.Length; i++)
                tokens[i] = new(ids[start + i], start + i, 0, WantsLogits: true);
            Decode(tokens);
            for (var i = 0; i < tokens.Length; i++)
                Logits(i).CopyTo(all.AsSpan((start + i) * VocabSize));
        }

        return all;
    }

    /// <summary>Forgets all sequences.</summary>
    public void Clear() => _library.ClearMemory(_library.Memory(Handle), 1);

    /// <summary>Forgets the tokens of a sequence from a position on.</summary>
    public void Truncate(int sequence, int position)
    {
        if (_library.RemoveTokens(_library.Memory(Handle), sequence, position, -1) == 0)
            throw new ArgumentException($"llama.cpp cannot forget the end of sequence {sequence}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_context != 0)
            _library.FreeContext(_context);
        _context = 0;
    }

    private nint Handle => _context != 0 ? _context : throw new ObjectDisposedException(nameof(LlamaCppSession));

    /// <summary>
    /// Sizes lead the parameters in every version. The attention's kind is the last of four numbers that are all -1
    /// (automatic); the cache's types are the first pair of 1, 1 (F16) behind it.
    /// </summary>
    private static void Fill(Span<int> words, LlamaCppOptions options)
    {
        words[0] = options.ContextTokens * options.Sequences;
        words[1] = options.BatchTokens;
        words[2] = options.BatchTokens;
        words[3] = options.Sequences;
        var flash = words[..MostWords].IndexOf([Automatic, Automatic, Automatic, Automatic]) + 3;
        var types = flash < 3 ? -1 : flash + 1 + words[(flash + 1)..MostWords].IndexOf([Float16, Float16]);
        if (flash < 3 || types <= flash)
            throw new BadInputException("the context parameters of this version of llama.cpp are laid out in a way that is not known");
        words[flash] = 0;
        words[types] = words[types + 1] = options.HalfCache ? Float16 : Float32;
    }

    // A wrong place above would leave the cache in half precision without a word.
    private void Check(string said, string type)
    {
        var cached = said.Contains("K (f", StringComparison.Ordinal);
        if ((cached && !(said.Contains($"K ({type})", StringComparison.Ordinal) && said.Contains($"V ({type})", StringComparison.Ordinal)))
            || !said.Replace(" ", "").Contains("flash_attn=disabled", StringComparison.Ordinal))
            throw new BadInputException($"{_library.Folder}: this version of llama.cpp did not take a cache of {type} without flash attention");
    }
}
