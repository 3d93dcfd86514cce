using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Text;

/// <summary>
/// Byte-pair encoding as <c>tokenizers</c> does it. Long words are cut where no merge can ever join the two characters,
/// which changes nothing in the result and lets the cache serve vocabularies without a pre-tokenizer.
/// </summary>
internal sealed class BpeModel : TokenModel
{
    private const int CachedWordLength = 40;
    private const int CachedWords = 1 << 17;
    private const int Unknown = -2;

    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly MergeTable _merges;
    private readonly BpeSettings _settings;
    private readonly int[] _byteTokens;
    private readonly int? _unknownId;
    private readonly HashSet<ulong>? _joinable;
    private readonly ConcurrentDictionary<string, int[]> _cache = new();
    private readonly ConcurrentDictionary<string, int[]>.AlternateLookup<ReadOnlySpan<char>> _cached;

    /// <param name="vocabulary">Token to id.</param>
    /// <param name="pairs">Merges, first applied first.</param>
    /// <param name="settings">The other keys of the model.</param>
    /// <param name="file">For messages.</param>
    public BpeModel(Dictionary<string, int> vocabulary, IReadOnlyList<(string Left, string Right)> pairs, BpeSettings settings, string file)
        : base(vocabulary)
    {
        _settings = settings;
        _lookup = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        _cached = _cache.GetAlternateLookup<ReadOnlySpan<char>>();
        _byteTokens = settings.ByteFallback ? ByteTokens(vocabulary) : [];
        _unknownId = settings.UnknownToken is not null && vocabulary.TryGetValue(settings.UnknownToken, out var id) ? id : null;
        _merges = new MergeTable(pairs.Count);
        var prefix = settings.ContinuingPrefix ?? "";
        for (var rank = 0; rank < pairs.Count; rank++)
        {
            var (left, right) = pairs[rank];
            var joined = left + (prefix.Length > 0 && right.StartsWith(prefix, StringComparison.Ordinal) ? right[prefix.Length..] : right);
            _merges.Add(IdOf(left), IdOf(right), rank, IdOf(joined));
        }

        _joinable = Joinable(pairs);

        int IdOf(string token) => vocabulary.TryGetValue(token, out var tokenId)
            ? tokenId
            : throw new BadInputException($"{file}: a merge needs the token '{token}', which is not in the vocabulary.");
    }

    public override void Encode(ReadOnlySpan<char> word, List<int> ids)
    {
        if (_settings.IgnoreMerges && _lookup.TryGetValue(word, out var whole))
        {
            ids.Add(whole);
            return;
        }

        var pending = 0; // unknown characters not yet written: adjacent ones may fuse
        var start = 0;
        while (start < word.Length)
        {
            var end = _joinable is null ? word.Length : ChunkEnd(word, start);
            foreach (var id in Chunk(word[start..end], start == 0, end == word.Length))
            {
                if (id == Unknown)
                {
                    pending++;
                    continue;
                }

                WriteUnknown(ids, ref pending, word);
                ids.Add(id);
            }

            start = end;
        }

        WriteUnknown(ids, ref pending, word);
    }

    private void WriteUnknown(List<int> ids, ref int count, ReadOnlySpan<char> word)
    {
        if (count == 0)
            return;
        if (_unknownId is not { } id)
            throw new BadInputException($"The unknown token '{_settings.UnknownToken}' is not in the vocabulary, but '{Shorten(word)}' needs it.");
        for (var i = _settings.FuseUnknown ? 1 : count; i > 0; i--)
            ids.Add(id);
        count = 0;
    }

    private static string Shorten(ReadOnlySpan<char> word) => word.Length <= 40 ? word.ToString() : $"{word[..40]}...";

    private int ChunkEnd(ReadOnlySpan<char> word, int start)
    {
        Rune.DecodeFromUtf16(word[start..], out var rune, out var length);
        var at = start + length;
        while (at < word.Length)
        {
            Rune.DecodeFromUtf16(word[at..], out var next, out length);
            if (!_joinable!.Contains(PairKey(rune, next)))
                break;
            rune = next;
            at += length;
        }

        return at;
    }

    private int[] Chunk(ReadOnlySpan<char> chunk, bool first, bool last)
    {
        // With affixes the same text means different symbols at different places of a word.
        var cacheable = chunk.Length <= CachedWordLength && (_joinable is not null || (first && last));
        if (cacheable && _cached.TryGetValue(chunk, out var known))
            return known;
        var symbols = ArrayPool<int>.Shared.Rent(Math.Max(16, Encoding.UTF8.GetMaxByteCount(chunk.Length)));
        var count = Symbols(chunk, symbols);
        count = _merges.Apply(symbols.AsSpan(0, count));
        var result = symbols.AsSpan(0, count).ToArray();
        ArrayPool<int>.Shared.Return(symbols);
        if (cacheable && _cache.Count < CachedWords)
            _cached[chunk] = result;
        return result;
    }

    private int Symbols(ReadOnlySpan<char> chunk, int[] symbols)
    {
        var affixes = _settings.ContinuingPrefix is not null || _settings.EndOfWordSuffix is not null;
        Span<byte> utf8 = stackalloc byte[4];
        var count = 0;
        for (int at = 0, length; at < chunk.Length; at += length)
        {
            Rune.DecodeFromUtf16(chunk[at..], out var rune, out length);
            var symbol = chunk.Slice(at, length);
            if (affixes)
                symbol = string.Concat(at > 0 ? _settings.ContinuingPrefix : "", symbol, at + length == chunk.Length ? _settings.EndOfWordSuffix : "");
            if (_lookup.TryGetValue(symbol, out var id))
                symbols[count++] = id;
            else if (!_settings.ByteFallback || !AppendBytes(rune, utf8, symbols, ref count))
            {
                if (_settings.UnknownToken is not null)
                    symbols[count++] = Unknown;
            }
        }

        return count;
    }

    private bool AppendBytes(Rune rune, Span<byte> utf8, int[] symbols, ref int count)
    {
        var bytes = utf8[..rune.EncodeToUtf8(utf8)];
        foreach (var b in bytes)
        {
            if (_byteTokens[b] < 0)
                return false;
        }

        foreach (var b in bytes)
            symbols[count++] = _byteTokens[b];
        return true;
    }

    /// <summary>Pairs of characters that some merge joins; null where symbols are not plain characters, so no cut is safe.</summary>
    private HashSet<ulong>? Joinable(IReadOnlyList<(string Left, string Right)> pairs)
    {
        if (_settings.ContinuingPrefix is not null || _settings.EndOfWordSuffix is not null)
            return null;
        var found = new HashSet<ulong>();
        foreach (var (left, right) in pairs)
        {
            if (IsSpecialSymbol(left) || IsSpecialSymbol(right) || left.Length == 0 || right.Length == 0)
                return null;
            Rune.DecodeLastFromUtf16(left, out var last, out _);
            Rune.DecodeFromUtf16(right, out var first, out _);
            found.Add(PairKey(last, first));
        }

        return found;
    }

    private bool IsSpecialSymbol(string token) =>
        token == _settings.UnknownToken || (_settings.ByteFallback && token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal));

    private static ulong PairKey(Rune left, Rune right) => ((ulong)(uint)left.Value << 32) | (uint)right.Value;
}

/// <summary>Keys of a BPE model beside vocabulary and merges, named as in <c>tokenizer.json</c>.</summary>
internal sealed record BpeSettings(
    string? UnknownToken = null,
    string? ContinuingPrefix = null,
    string? EndOfWordSuffix = null,
    bool FuseUnknown = false,
    bool ByteFallback = false,
    bool IgnoreMerges = false);
