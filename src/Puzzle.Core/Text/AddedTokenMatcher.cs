using System.Buffers;
using System.Globalization;
using System.Text;

namespace Puzzle.Core.Text;

/// <summary>Finds added tokens in text: the leftmost, of those the longest, never overlapping.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly CharTrie _trie = new();
    private readonly List<AddedToken> _list = [];
    private readonly SearchValues<char> _first;

    /// <param name="tokens">The tokens and the text that stands for each (its normalised text, where that is what is searched).</param>
    public AddedTokenMatcher(IEnumerable<(AddedToken Token, string Text)> tokens)
    {
        var starts = new HashSet<char>();
        foreach (var (token, text) in tokens)
        {
            if (text.Length == 0)
                continue;
            starts.Add(text[0]);
            _trie.Add(text, _list.Count);
            _list.Add(token);
        }

        _first = SearchValues.Create([.. starts]);
    }

    /// <summary>Cuts text into added tokens and the stretches between them (<c>Token</c> null).</summary>
    public List<(AddedToken? Token, int Start, int End)> Split(string text, bool parseSpecial)
    {
        var parts = new List<(AddedToken? Token, int Start, int End)>();
        var taken = 0;
        var at = 0;
        while (at < text.Length)
        {
            var offset = text.AsSpan(at).IndexOfAny(_first);
            if (offset < 0)
                break;
            at += offset;
            var (found, end) = _trie.Longest(text, at);
            if (found < 0)
            {
                at++;
                continue;
            }

            var (token, start) = (_list[found], at);
            at = end;
            if ((token.Special && !parseSpecial) || (token.SingleWord && !StandsAlone(text, start, end)))
                continue;
            if (token.LStrip)
                start = Math.Max(text.AsSpan(0, start).TrimEnd().Length, taken);
            if (token.RStrip)
                end = text.Length - text.AsSpan(end).TrimStart().Length;
            if (taken < start)
                parts.Add((null, taken, start));
            parts.Add((token, start, end));
            taken = end;
            at = Math.Max(at, end);
        }

        if (taken < text.Length)
            parts.Add((null, taken, text.Length));
        return parts;
    }

    private static bool StandsAlone(string text, int start, int end)
    {
        Rune.DecodeLastFromUtf16(text.AsSpan(0, start), out var before, out _);
        Rune.DecodeFromUtf16(text.AsSpan(end), out var after, out _);
        return (start == 0 || !IsWord(before)) && (end == text.Length || !IsWord(after));
    }

    private static bool IsWord(Rune rune) => Rune.IsLetter(rune) || rune.Value is 0x200C or 0x200D || Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation
        or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;
}
