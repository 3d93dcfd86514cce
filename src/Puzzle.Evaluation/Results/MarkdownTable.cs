using System.Text;

namespace Puzzle.Evaluation.Results;

/// <summary>A Markdown table whose columns line up in plain text: headers centred, numbers to the right.</summary>
/// <param name="headers">One a column.</param>
/// <param name="numeric">Whether the column holds numbers.</param>
public sealed class MarkdownTable(IReadOnlyList<string> headers, IReadOnlyList<bool> numeric)
{
    private readonly List<string[]> _rows = [];

    public void Add(params string[] cells) => _rows.Add(cells);

    /// <inheritdoc/>
    public override string ToString()
    {
        var widths = headers.Select((header, i) => Math.Max(Math.Max(header.Length, numeric[i] ? 4 : 3), _rows.Count == 0 ? 0 : _rows.Max(row => row[i].Length))).ToArray();
        var text = new StringBuilder();
        Line(text, headers.Select((header, i) => header.PadLeft((widths[i] + header.Length) / 2).PadRight(widths[i])));
        Line(text, widths.Select((width, i) => numeric[i] ? new string('-', width - 1) + ":" : new string('-', width)));
        foreach (var row in _rows)
            Line(text, row.Select((cell, i) => numeric[i] ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i])));
        return text.ToString();
    }

    private static void Line(StringBuilder text, IEnumerable<string> cells) => text.Append('|').AppendJoin('|', cells).Append("|\n");
}
