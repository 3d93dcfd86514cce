using System.Text;

namespace Puzzle.Core.Reports;

/// <summary>Texts from outside in Markdown.</summary>
internal static class MarkdownText
{
    /// <summary>A block of code. A fence longer than any run of backticks inside cannot be closed from inside.</summary>
    public static string Fenced(string language, string text)
    {
        var (longest, run) = (2, 0);
        foreach (var c in text)
        {
            run = c == '`' ? run + 1 : 0;
            longest = Math.Max(longest, run);
        }

        var fence = new string('`', longest + 1);
        return $"{fence}{language}\n{text.ReplaceLineEndings("\n").TrimEnd()}\n{fence}";
    }

    /// <summary>A text that stays text.</summary>
    public static string Escape(string text)
    {
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            var inWord = i > 0 && i + 1 < text.Length && char.IsLetterOrDigit(text[i - 1]) && char.IsLetterOrDigit(text[i + 1]);
            if (char.IsControl(c))
                result.Append(' ');
            else if (c is '\\' or '`' or '*' or '[' or ']' or '|' or '~' or '!' or '#' or '$' || c == '_' && !inWord)
                result.Append('\\').Append(c);
            else
                result.Append(c switch { '<' => "&lt;", '>' => "&gt;", '&' => "&amp;", _ => c.ToString() });
        }

        return result.ToString();
    }
}
