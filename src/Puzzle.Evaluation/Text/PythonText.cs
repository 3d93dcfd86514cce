namespace Puzzle.Evaluation.Text;

/// <summary>Python's view of strings where it differs from .NET's: the harness's lengths and white space are Python's.</summary>
public static class PythonText
{
    /// <summary><c>str.isspace</c> of one character: Unicode white space and the four separators U+001C to U+001F.</summary>
    public static bool IsSpace(char character) => char.IsWhiteSpace(character) || character is >= '\u001c' and <= '\u001f';

    /// <summary><c>len</c>: code points, where .NET counts UTF-16 units.</summary>
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

    /// <summary><c>str(value)</c> of a document's plain value.</summary>
    public static string Of(object? value) => value switch
    {
        null => "None",
        string text => text,
        bool truth => truth ? "True" : "False",
        double number => PythonNumbers.Repr(number),
        IFormattable number => number.ToString(null, System.Globalization.CultureInfo.InvariantCulture),
        _ => PythonJson.Write(value),
    };

    /// <summary><c>rstrip()</c>.</summary>
    public static string TrimEnd(string text)
    {
        var end = text.Length;
        while (end > 0 && IsSpace(text[end - 1]))
            end--;
        return text[..end];
    }

    /// <summary><c>strip()</c>.</summary>
    public static string Trim(string text)
    {
        text = TrimEnd(text);
        var start = 0;
        while (start < text.Length && IsSpace(text[start]))
            start++;
        return text[start..];
    }

    /// <summary><c>len(re.split(r"\s+", text))</c>: runs of white space plus one.</summary>
    public static int CountWords(string text)
    {
        var words = 1;
        for (var i = 0; i < text.Length; i++)
        {
            if (IsSpace(text[i]) && (i == 0 || !IsSpace(text[i - 1])))
                words++;
        }

        return words;
    }

    /// <summary><c>capitalize()</c>: the first letter in upper case, the rest in lower case.</summary>
    public static string Capitalize(string text) =>
        text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..].ToLowerInvariant();
}
