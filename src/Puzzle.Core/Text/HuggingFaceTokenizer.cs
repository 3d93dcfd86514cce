using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Text;

/// <summary>
/// A tokenizer from <c>tokenizer.json</c>, with the results of the <c>tokenizers</c> library: BPE (byte-level or with
/// SentencePiece's marks), Unigram and whole words. Safe to use from several threads.
/// </summary>
public sealed class HuggingFaceTokenizer : ITokenizer
{
    private static readonly string[] Companions =
    [
        "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "tokenizer.model",
        "chat_template.jinja", "vocab.json", "merges.txt",
    ];

    private readonly TokenizerPipeline _pipeline;
    private readonly byte[] _json;
    private readonly string? _source;
    private readonly string?[] _tokens;
    private readonly string?[] _decoded;
    private readonly bool[] _special;
    private readonly bool[] _added;
    private readonly AddedTokenMatcher _raw;
    private readonly AddedTokenMatcher? _normalized;
    private readonly bool _byteLevel;
    private readonly TokenizerSettings _settings;

    private HuggingFaceTokenizer(byte[] json, string file, TokenizerSettings settings, string? source)
    {
        _json = json;
        _source = source;
        _settings = settings;
        _pipeline = TokenizerJson.Read(json, file);
        var top = _pipeline.Model.Vocabulary.Values.Concat(_pipeline.Added.Select(t => t.Id)).DefaultIfEmpty(-1).Max();
        _tokens = new string?[top + 1];
        _special = new bool[_tokens.Length];
        _added = new bool[_tokens.Length];
        foreach (var (token, id) in _pipeline.Model.Vocabulary)
            _tokens[id] = token;
        foreach (var token in _pipeline.Added)
            _tokens[token.Id] = token.Content;
        _decoded = [.. _tokens];
        var specials = _pipeline.Added.Where(t => t.Special).Select(t => t.Content).ToHashSet();
        foreach (var token in _pipeline.Added)
        {
            // The reference decodes a normalised token as its normalised text, and that is no longer one of the special texts.
            var text = Searched(token);
            _decoded[token.Id] = text;
            _added[token.Id] = true;
            _special[token.Id] = specials.Contains(text);
        }

        foreach (var id in _pipeline.Prefix.Concat(_pipeline.Suffix))
        {
            if ((uint)id >= (uint)_tokens.Length)
                throw new BadInputException($"{file}: the post-processor adds id {id}, which no token has.");
        }

        _raw = new AddedTokenMatcher(_pipeline.Added.Where(t => !t.Normalized).Select(t => (t, t.Content)));
        _normalized = _pipeline.Added.Any(t => t.Normalized) ? new AddedTokenMatcher(_pipeline.Added.Where(t => t.Normalized).Select(t => (t, Searched(t)))) : null;
        _byteLevel = _pipeline.Decoder is ByteLevelDecoder || (_pipeline.Decoder is SequenceDecoder sequence && sequence.Steps.Any(s => s is ByteLevelDecoder));
        BosId = IdOf(settings.Bos);
        EosId = IdOf(settings.Eos);
    }

    /// <inheritdoc/>
    public int VocabSize => _tokens.Length;

    /// <inheritdoc/>
    public int? BosId { get; }

    /// <inheritdoc/>
    public int? EosId { get; }

    /// <inheritdoc/>
    public bool AddsBos => _pipeline.Prefix.Length > 0 && (BosId is null || _pipeline.Prefix[0] == BosId);

    /// <inheritdoc/>
    public string? ChatTemplate => _settings.ChatTemplate;

    /// <summary>Names of the special tokens, and the chat template.</summary>
    public TokenizerSettings Settings => _settings;

    /// <summary>Reads <c>tokenizer.json</c> and what stands beside it.</summary>
    /// <exception cref="BadInputException">A file is missing, damaged, or of a kind that is not supported.</exception>
    public static HuggingFaceTokenizer Load(string folder)
    {
        var file = Path.Combine(folder, "tokenizer.json");
        if (!File.Exists(file))
            throw new BadInputException($"{file} does not exist; a folder with a tokenizer.json is needed.");
        return new HuggingFaceTokenizer(File.ReadAllBytes(file), file, TokenizerSettings.Read(folder), folder);
    }

    /// <summary>A tokenizer from the text of a <c>tokenizer.json</c>.</summary>
    /// <param name="json">The whole text.</param>
    /// <param name="settings">Special tokens and chat template, where known.</param>
    /// <param name="name">What messages call it.</param>
    public static HuggingFaceTokenizer Parse(string json, TokenizerSettings? settings = null, string name = "tokenizer.json") =>
        new(Encoding.UTF8.GetBytes(json), name, settings ?? new TokenizerSettings(), null);

    /// <summary>The id of a token by its text in the vocabulary, or null.</summary>
    public int? IdOf(string? token)
    {
        if (token is null)
            return null;
        foreach (var candidate in _pipeline.Added)
        {
            if (candidate.Content == token)
                return candidate.Id;
        }

        return _pipeline.Model.Vocabulary.TryGetValue(token, out var id) ? id : null;
    }

    /// <inheritdoc/>
    public int[] Encode(string text, bool addSpecial = false, bool parseSpecial = true)
    {
        text = TokenizerFiles.WellFormed(text);
        var ids = new List<int>((text.Length / 3) + 8);
        if (addSpecial)
            ids.AddRange(_pipeline.Prefix);
        foreach (var (token, start, end) in _raw.Split(text, parseSpecial))
        {
            if (token is not null)
                ids.Add(token.Id);
            else
                EncodeStretch(start == 0 && end == text.Length ? text : text[start..end], start == 0, parseSpecial, ids);
        }

        if (addSpecial)
            ids.AddRange(_pipeline.Suffix);
        return [.. ids];
    }

    /// <inheritdoc/>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecial = false)
    {
        var list = new List<string>(ids.Length);
        foreach (var id in ids)
        {
            if ((uint)id < (uint)_decoded.Length && _decoded[id] is { } token && !(skipSpecial && _special[id]))
                list.Add(token);
        }

        return _pipeline.Decoder is null ? string.Join(' ', list) : string.Concat(_pipeline.Decoder.Apply(list));
    }

    /// <inheritdoc/>
    public string? TokenText(int id)
    {
        if ((uint)id >= (uint)_tokens.Length || _tokens[id] is not { } token || _added[id])
            return (uint)id < (uint)_tokens.Length ? _tokens[id] : null;
        if (_byteLevel)
            return new ByteLevelDecoder().Apply([token])[0];
        return ByteFallbackDecoder.ByteOf(token) >= 0 ? new ByteFallbackDecoder().Apply([token])[0] : token.Replace('▁', ' ');
    }

    /// <inheritdoc/>
    public void Save(string folder)
    {
        Directory.CreateDirectory(folder);
        if (_source is null)
        {
            File.WriteAllBytes(Path.Combine(folder, "tokenizer.json"), _json);
            File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), TokenizerFiles.Config(_settings));
            return;
        }

        foreach (var name in Companions)
        {
            var from = Path.Combine(_source, name);
            var to = Path.Combine(folder, name);
            if (File.Exists(from) && Path.GetFullPath(from) != Path.GetFullPath(to))
                File.WriteAllBytes(to, File.ReadAllBytes(from)); // not File.Copy: the source may be read-only, the copy should not be
        }
    }

    /// <summary>What an added token is searched as.</summary>
    private string Searched(AddedToken token) => token.Normalized && _pipeline.Normalizer is { } normalizer ? normalizer.Apply(token.Content) : token.Content;

    private void EncodeStretch(string text, bool atStart, bool parseSpecial, List<int> ids)
    {
        text = _pipeline.Normalizer?.Apply(text) ?? text;
        if (_normalized is null)
        {
            EncodeWords(new Piece(text, 0, text.Length, atStart), ids);
            return;
        }

        foreach (var (token, start, end) in _normalized.Split(text, parseSpecial))
        {
            if (token is not null)
                ids.Add(token.Id);
            else
                EncodeWords(new Piece(text, start, end - start, atStart && start == 0), ids);
        }
    }

    private void EncodeWords(Piece piece, List<int> ids)
    {
        if (piece.Length == 0)
            return;
        if (_pipeline.PreTokenizer is null)
        {
            _pipeline.Model.Encode(piece.Span, ids);
            return;
        }

        foreach (var word in _pipeline.PreTokenizer.Apply([piece]))
        {
            if (word.Length > 0)
                _pipeline.Model.Encode(word.Span, ids);
        }
    }
}
