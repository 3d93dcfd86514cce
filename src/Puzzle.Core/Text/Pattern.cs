using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Text;

/// <summary>
/// A literal or a regular expression of a tokenizer. Expressions are read with the meaning of Oniguruma (what
/// <c>tokenizers</c> uses) and matched by code point: .NET sees UTF-16 units, so a character beyond U+FFFF is replaced,
/// for matching only, by one below of the same general category. Time per search is bounded.
/// </summary>
internal sealed class Pattern
{
    private static readonly TimeSpan MatchLimit = TimeSpan.FromSeconds(1);
    private const string Han = "\u3402";

    /// <summary>For each general category a character below U+10000 that expressions do not name.</summary>
    private static readonly char[] Representative = BuildRepresentatives();

    private readonly string _source;
    private readonly string? _literal;
    private readonly Regex? _regex;
    private readonly Lazy<Regex?> _linear;

    private Pattern(string source, string? literal, Regex? regex, string? translated)
    {
        _source = source;
        _literal = literal;
        _regex = regex;
        _linear = new Lazy<Regex?>(() => Linear(translated));
    }

    public static Pattern Literal(string text) => new(text, text, null, null);

    public static Pattern Expression(string expression, string file)
    {
        try
        {
            var translated = OnigurumaSyntax.ToDotNet(expression);
            var options = RegexOptions.CultureInvariant | RegexOptions.Multiline | RegexOptions.Compiled;
            return new Pattern(expression, null, new Regex(translated, options, MatchLimit), translated);
        }
        catch (ArgumentException e)
        {
            throw new BadInputException($"{file}: the regular expression '{expression}' is not valid or not supported: {e.Message}", e);
        }
    }

    /// <summary>Matches within a slice, in order, not overlapping; positions count from the start of the slice.</summary>
    public List<(int Start, int End)> Find(ReadOnlySpan<char> text)
    {
        var matches = new List<(int, int)>();
        if (_literal is not null)
        {
            if (_literal.Length == 0)
                return matches;
            for (var at = 0; text[at..].IndexOf(_literal) is >= 0 and var found; at += found + _literal.Length)
                matches.Add((at + found, at + found + _literal.Length));
            return matches;
        }

        int[]? origin = null;
        var subject = text;
        if (text.IndexOfAnyInRange('\uD800', '\uDFFF') >= 0)
        {
            origin = new int[text.Length + 1];
            subject = Shadow(text, origin);
        }

        Search(_regex!, subject, matches);
        if (origin is not null)
        {
            for (var i = 0; i < matches.Count; i++)
                matches[i] = (origin[matches[i].Item1], origin[matches[i].Item2]);
        }

        return matches;
    }

    private void Search(Regex expression, ReadOnlySpan<char> subject, List<(int, int)> matches)
    {
        var clock = Stopwatch.StartNew();
        var limit = TimeSpan.FromSeconds(5 + (subject.Length / 1e5));
        try
        {
            foreach (var match in expression.EnumerateMatches(subject))
            {
                matches.Add((match.Index, match.Index + match.Length));
                if ((matches.Count & 0xFFF) == 0 && clock.Elapsed > limit)
                    throw new RegexMatchTimeoutException();
            }
        }
        catch (RegexMatchTimeoutException e)
        {
            matches.Clear();
            if (expression == _regex && _linear.Value is { } other)
                Search(other, subject, matches);
            else
                throw new BadInputException($"The tokenizer's regular expression '{_source}' takes too long on this text.", e);
        }
    }

    /// <summary>The same expression on an engine without backtracking, where its constructs allow that.</summary>
    private static Regex? Linear(string? translated)
    {
        if (translated is null)
            return null;
        try
        {
            var options = RegexOptions.CultureInvariant | RegexOptions.Multiline | RegexOptions.NonBacktracking;
            return new Regex(translated, options, TimeSpan.FromSeconds(5));
        }
        catch (NotSupportedException)
        {
            return null;
        }
    }

    private static ReadOnlySpan<char> Shadow(ReadOnlySpan<char> text, int[] origin)
    {
        var shadow = new char[text.Length];
        int count = 0, at = 0;
        while (at < text.Length)
        {
            Rune.DecodeFromUtf16(text[at..], out var rune, out var length);
            origin[count] = at;
            shadow[count++] = rune.IsBmp ? (char)rune.Value : StandIn(rune);
            at += length;
        }

        origin[count] = at;
        return shadow.AsSpan(0, count);
    }

    private static char StandIn(Rune rune) =>
        rune.Value is >= 0x20000 and <= 0x3FFFF ? Han[0] : Representative[(int)Rune.GetUnicodeCategory(rune)];

    private static char[] BuildRepresentatives()
    {
        var found = new char[30];
        // Downwards, so that the common scripts and symbols (which expressions name) are taken last.
        for (var c = 0xFFEF; c >= 0x0250; c--)
        {
            var category = (int)CharUnicodeInfo.GetUnicodeCategory((char)c);
            if (found[category] == 0 && c is not ((>= 0x3000 and <= 0x9FFF) or (>= 0xF900 and <= 0xFAFF)))
                found[category] = (char)c;
        }

        return found;
    }
}
