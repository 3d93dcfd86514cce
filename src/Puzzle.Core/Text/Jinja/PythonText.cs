using System.Globalization;
using System.Text;

namespace Puzzle.Core.Text.Jinja;

/// <summary>Python's view of strings: code points, its white space, its way to print them.</summary>
internal static class PythonText
{
    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\u001c' and <= '\u001f';

    public static string TrimEnd(string text, string? characters = null)
    {
        var end = text.Length;
        while (end > 0 && Strips(text[end - 1], characters))
            end--;
        return text[..end];
    }

    public static string TrimStart(string text, string? characters = null)
    {
        var start = 0;
        while (start < text.Length && Strips(text[start], characters))
            start++;
        return text[start..];
    }

    public static string Trim(string text, string? characters = null) => TrimStart(TrimEnd(text, characters), characters);

    public static bool HasSurrogates(string text) => text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') >= 0;

    /// <summary>Length in code points.</summary>
    public static int Length(string text)
    {
        var length = text.Length;
        for (var i = 1; i < text.Length; i++)
        {
            if (char.IsLowSurrogate(text[i]) && char.IsHighSurrogate(text[i - 1]))
                length--;
        }

        return length;
    }

    /// <summary>The code points, each a string.</summary>
    public static List<string> CodePoints(string text)
    {
        var points = new List<string>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var length = char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]) ? 2 : 1;
            points.Add(text.Substring(i, length));
            i += length - 1;
        }

        return points;
    }

    /// <summary>Order by code points.</summary>
    public static int Compare(string a, string b)
    {
        var n = Math.Min(a.Length, b.Length);
        for (var i = 0; i < n; i++)
        {
            if (a[i] == b[i])
                continue;
            // UTF-16 puts surrogates before U+E000; code points do not.
            var (x, y) = (a[i], b[i]);
            return char.IsSurrogate(x) == char.IsSurrogate(y) ? x - y : char.IsSurrogate(x) ? 1 : -1;
        }

        return a.Length - b.Length;
    }

    public static string Capitalize(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..].ToLowerInvariant();

    /// <summary><c>str.title</c>: letters behind anything that is no letter in upper case.</summary>
    public static string Title(string text)
    {
        var result = new StringBuilder(text.Length);
        var inWord = false;
        foreach (var c in text)
        {
            result.Append(inWord ? char.ToLowerInvariant(c) : char.ToUpperInvariant(c));
            inWord = char.IsLetter(c);
        }

        return result.ToString();
    }

    /// <summary><c>repr</c> of a string.</summary>
    public static string Repr(string text)
    {
        var quote = text.Contains('\'') && !text.Contains('"') ? '"' : '\'';
        var result = new StringBuilder(text.Length + 2).Append(quote);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == quote || c == '\\')
                result.Append('\\').Append(c);
            else if (c is '\n' or '\r' or '\t')
                result.Append('\\').Append(c switch { '\n' => 'n', '\r' => 'r', _ => 't' });
            else if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                AppendPair(result, text, i++);
            else if (c < 0x7f ? c >= ' ' : IsPrintable(CharUnicodeInfo.GetUnicodeCategory(c)))
                result.Append(c);
            else
                result.Append(c < 0x100 ? $"\\x{(int)c:x2}" : $"\\u{(int)c:x4}");
        }

        return result.Append(quote).ToString();
    }

    private static void AppendPair(StringBuilder result, string text, int at)
    {
        if (IsPrintable(CharUnicodeInfo.GetUnicodeCategory(text, at)))
            result.Append(text, at, 2);
        else
            result.Append($"\\U{char.ConvertToUtf32(text, at):x8}");
    }

    private static bool IsPrintable(UnicodeCategory category) => category is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);

    private static bool Strips(char c, string? characters) => characters is null ? IsSpace(c) : characters.Contains(c);
}
