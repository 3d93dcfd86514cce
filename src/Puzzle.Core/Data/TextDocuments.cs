using System.Text;

namespace Puzzle.Core.Data;

/// <summary>Documents of plain text and Markdown files.</summary>
internal static class TextDocuments
{
    /// <summary>The whole file, or what stands between lines that are the separator (an empty one: blank lines).</summary>
    public static IEnumerable<string> Read(string path, string? separator)
    {
        if (separator is null)
        {
            yield return File.ReadAllText(path);
            yield break;
        }

        separator = separator.Trim();
        var document = new StringBuilder();
        foreach (var line in File.ReadLines(path))
        {
            if (!line.AsSpan().Trim().SequenceEqual(separator))
            {
                document.Append(line).Append('\n');
                continue;
            }

            if (!IsBlank(document))
                yield return document.ToString().Trim('\n');
            document.Clear();
        }

        if (!IsBlank(document))
            yield return document.ToString().Trim('\n');
    }

    private static bool IsBlank(StringBuilder text)
    {
        foreach (var chunk in text.GetChunks())
        {
            if (!chunk.Span.IsWhiteSpace())
                return false;
        }

        return true;
    }
}
