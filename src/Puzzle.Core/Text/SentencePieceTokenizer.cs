using System.Text;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Text;

/// <summary>
/// A tokenizer from a SentencePiece <c>tokenizer.model</c> (BPE or Unigram), with SentencePiece's own results. A model file
/// alone never parses <c>&lt;s&gt;</c> in text, as SentencePiece does not; in a folder whose configuration declares special
/// tokens those are parsed, and each stretch between them is encoded by itself.
/// </summary>
public sealed class SentencePieceTokenizer : ITokenizer
{
    private const char Mark = '▁';
    private readonly byte[] _bytes;
    private readonly SentencePieceModel _source;
    private readonly TokenModel _model;
    private readonly CharacterMap? _map;
    private readonly CharTrie _userDefined = new();
    private readonly List<AddedToken> _declared;
    private readonly AddedTokenMatcher _matcher;
    private readonly Dictionary<int, string> _extra = [];
    private readonly TokenizerSettings _settings;

    private SentencePieceTokenizer(byte[] bytes, string file, TokenizerSettings settings, bool folder)
    {
        _bytes = bytes;
        _source = SentencePieceModel.Read(bytes, file);
        if (_source.CharacterMap.Length > 0)
            _map = new CharacterMap(_source.CharacterMap, file);
        var ids = _source.Pieces.Index().ToDictionary(p => p.Item.Text, p => p.Index);
        foreach (var (id, piece) in _source.Pieces.Index())
        {
            if (piece.Kind == PieceKind.UserDefined)
                _userDefined.Add(piece.Text, id);
        }

        _model = Model(_source, file);
        _declared = folder ? Declared(settings, ids, file) : [];
        _matcher = new AddedTokenMatcher(_declared.Select(t => (t, t.Content)));
        foreach (var token in _declared.Where(t => t.Id >= _source.Pieces.Count))
            _extra[token.Id] = token.Content;
        VocabSize = Math.Max(_source.Pieces.Count, _extra.Count == 0 ? 0 : _extra.Keys.Max() + 1);
        BosId = settings.Bos is { } bos ? IdOf(bos) : _source.BosId;
        EosId = settings.Eos is { } eos ? IdOf(eos) : _source.EosId;
        AddsBos = BosId is not null && (settings.AddBos ?? true);
        _settings = settings with { Bos = TokenAt(BosId), Eos = TokenAt(EosId), Unknown = settings.Unknown ?? TokenAt(_source.UnknownId) };

        int? IdOf(string token) => ids.TryGetValue(token, out var id) ? id : _declared.Find(t => t.Content == token)?.Id;
    }

    /// <inheritdoc/>
    public int VocabSize { get; }

    /// <inheritdoc/>
    public int? BosId { get; }

    /// <inheritdoc/>
    public int? EosId { get; }

    /// <inheritdoc/>
    public bool AddsBos { get; }

    /// <inheritdoc/>
    public string? ChatTemplate => _settings.ChatTemplate;

    /// <summary>Reads a <c>.model</c> file, or the <c>tokenizer.model</c> of a folder with what stands beside it.</summary>
    /// <exception cref="BadInputException">A file is missing, damaged, or of a kind that is not supported.</exception>
    public static SentencePieceTokenizer Load(string path)
    {
        var folder = Directory.Exists(path);
        var file = folder ? Path.Combine(path, "tokenizer.model") : path;
        if (!File.Exists(file))
            throw new BadInputException($"{file} does not exist; a SentencePiece model is needed.");
        return new SentencePieceTokenizer(File.ReadAllBytes(file), file, folder ? TokenizerSettings.Read(path) : new TokenizerSettings(), folder);
    }

    /// <inheritdoc/>
    public int[] Encode(string text, bool addSpecial = false, bool parseSpecial = true)
    {
        text = TokenizerFiles.WellFormed(text);
        var ids = new List<int>((text.Length / 2) + 8);
        if (addSpecial && AddsBos)
            ids.Add(BosId!.Value);
        foreach (var (token, start, end) in _matcher.Split(text, parseSpecial))
        {
            if (token is not null)
                ids.Add(token.Id);
            else
                EncodeNormalized(Normalize(text[start..end]), ids);
        }

        if (addSpecial && _settings.AddEos == true && EosId is { } eos)
            ids.Add(eos);
        return [.. ids];
    }

    /// <inheritdoc/>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecial = false)
    {
        var text = new StringBuilder();
        var run = new List<byte>();
        var atStart = _source.AddDummyPrefix || _source.RemoveExtraWhitespaces;
        var prefixSeen = false;
        foreach (var id in ids)
        {
            if (id < 0 || id >= VocabSize || (skipSpecial && IsSpecial(id)))
                continue;
            if (id < _source.Pieces.Count && _source.Pieces[id].Kind == PieceKind.Byte)
            {
                run.Add((byte)Math.Max(0, ByteFallbackDecoder.ByteOf(_source.Pieces[id].Text)));
                continue;
            }

            AppendBytes(run, text);
            if (prefixSeen || text.Length > 0)
                atStart = false;
            text.Append(Surface(id, atStart, out prefixSeen));
        }

        AppendBytes(run, text);
        return text.ToString();
    }

    /// <inheritdoc/>
    public string? TokenText(int id)
    {
        if (id < 0 || id >= _source.Pieces.Count)
            return _extra.GetValueOrDefault(id);
        var (text, _, kind) = _source.Pieces[id];
        return kind switch
        {
            PieceKind.Byte => new ByteFallbackDecoder().Apply([text])[0],
            PieceKind.Control or PieceKind.Unknown => text,
            _ => text.Replace(Mark, ' '),
        };
    }

    /// <summary>Writes the model as it is, and a <c>tokenizer.json</c> with the same ids.</summary>
    public void Save(string folder)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, "tokenizer.model"), _bytes);
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), SentencePieceJson.Write(_source, _declared, AddsBos ? BosId : null, _settings.AddEos == true ? EosId : null));
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), TokenizerFiles.Config(_settings));
    }

    private static TokenModel Model(SentencePieceModel source, string file)
    {
        var usable = source.Pieces.Index().Where(p => p.Item.Kind is not (PieceKind.Control or PieceKind.Unused)).ToDictionary(p => p.Item.Text, p => p.Index);
        if (source.Unigram)
        {
            var scores = source.Pieces.Select(p => p.Kind == PieceKind.Normal ? p.Score : double.NaN).ToArray();
            return new UnigramModel(usable, scores, source.UnknownId, source.ByteFallback);
        }

        var keys = new BpeSettings(
            source.UnknownId is { } id ? source.Pieces[id].Text : null, FuseUnknown: true, ByteFallback: source.ByteFallback);
        return new BpeModel(usable, SentencePieceJson.Merges(source), keys, file);
    }

    private static List<AddedToken> Declared(TokenizerSettings settings, Dictionary<string, int> ids, string file)
    {
        var found = new Dictionary<string, AddedToken>();
        foreach (var token in settings.Declared ?? [])
        {
            var id = token.Id >= 0 ? token.Id : ids.GetValueOrDefault(token.Content, -1);
            TokenModelReader.CheckId(Math.Max(id, 0), token.Content, ids.Count, file);
            if (ids.TryGetValue(token.Content, out var known) && known != id)
                throw new BadInputException($"{file}: '{token.Content}' has id {known}, but the files beside it say {id}.");
            if (id >= 0)
                found.TryAdd(token.Content, token with { Id = id, Normalized = false });
        }

        foreach (var name in new[] { settings.Bos ?? "<s>", settings.Eos ?? "</s>", settings.Unknown ?? "<unk>", settings.Pad })
        {
            if (name is not null && ids.TryGetValue(name, out var id))
                found.TryAdd(name, new AddedToken(id, name));
        }

        return [.. found.Values.OrderBy(t => t.Id)];
    }

    private string? TokenAt(int? id) => id is { } known ? known < _source.Pieces.Count ? _source.Pieces[known].Text : _extra.GetValueOrDefault(known) : null;

    private bool IsSpecial(int id) => id < _source.Pieces.Count
        ? _source.Pieces[id].Kind is PieceKind.Control or PieceKind.Unknown
        : _declared.Exists(t => t.Id == id && t.Special);

    /// <summary>SentencePiece's normalisation: character map, white space, the mark in front.</summary>
    private string Normalize(string text)
    {
        if (_map is not null)
            text = Mapped(text);
        var trim = _source.RemoveExtraWhitespaces;
        if (trim)
            text = text.TrimStart(' ');
        if (text.Length == 0)
            return "";
        var space = _source.EscapeWhitespaces ? Mark : ' ';
        var result = new StringBuilder(text.Length + 1);
        if (_source.AddDummyPrefix)
            result.Append(space);
        var previous = trim;
        foreach (var c in text)
        {
            if (c != ' ')
                result.Append(c);
            else if (!previous)
                result.Append(space);
            previous = trim && c == ' ';
        }

        // At the end literal marks go with the spaces, as there.
        return trim ? result.ToString().TrimEnd(space) : result.ToString();
    }

    private string Mapped(string text)
    {
        var result = new StringBuilder(text.Length);
        var utf8 = Encoding.UTF8.GetBytes(text);
        for (int at = 0, unit = 0; at < utf8.Length;)
        {
            // User-defined pieces stand as they are.
            var (_, end) = _userDefined.Longest(text, unit);
            var (length, replacement) = end > unit
                ? (Encoding.UTF8.GetByteCount(text.AsSpan(unit, end - unit)), text[unit..end])
                : _map!.Longest(utf8.AsSpan(at));
            if (length == 0)
            {
                Rune.DecodeFromUtf8(utf8.AsSpan(at), out var rune, out length);
                replacement = rune.ToString();
            }

            result.Append(replacement);
            unit += Encoding.UTF8.GetCharCount(utf8.AsSpan(at, length));
            at += length;
        }

        return result.ToString();
    }

    private void EncodeNormalized(string text, List<int> ids)
    {
        var start = 0;
        for (var at = 0; at < text.Length;)
        {
            var (id, end) = _userDefined.Longest(text, at);
            if (id < 0)
            {
                at++;
                continue;
            }

            if (start < at)
                _model.Encode(text.AsSpan(start, at - start), ids);
            ids.Add(id);
            start = at = end;
        }

        if (start < text.Length)
            _model.Encode(text.AsSpan(start), ids);
    }

    private string Surface(int id, bool atStart, out bool prefixSeen)
    {
        prefixSeen = false;
        if (id >= _source.Pieces.Count)
            return _extra.GetValueOrDefault(id, "");
        var (text, _, kind) = _source.Pieces[id];
        if (kind == PieceKind.Control)
            return "";
        if (kind == PieceKind.Unknown)
            return _source.UnknownSurface;
        if (atStart && text[0] == Mark)
        {
            prefixSeen = !_source.RemoveExtraWhitespaces;
            text = text[1..];
        }

        return text.Replace(Mark, ' ');
    }

    /// <summary>Appends pending bytes as UTF-8; each byte that is not part of a character becomes U+FFFD.</summary>
    private static void AppendBytes(List<byte> run, StringBuilder text)
    {
        var left = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(run);
        while (left.Length > 0)
        {
            var valid = Rune.DecodeFromUtf8(left, out var rune, out var length) == System.Buffers.OperationStatus.Done;
            text.Append(valid ? rune.ToString() : "\uFFFD");
            left = left[(valid ? length : 1)..];
        }

        run.Clear();
    }
}
