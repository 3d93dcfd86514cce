namespace Puzzle.Benchmarks;

/// <summary>A table to print, all cells as text.</summary>
/// <param name="Title">One line above it.</param>
/// <param name="Columns">Heads of the columns.</param>
/// <param name="Rows">Cells, as many a row as there are columns.</param>
internal sealed record BenchmarkTable(string Title, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows)
{
    /// <summary>The table as Markdown, columns padded so that it reads as plain text too.</summary>
    public string ToMarkdown()
    {
        var widths = Columns.Select((column, c) => Rows.Select(row => Cell(row, c).Length).Append(column.Length).Append(3).Max()).ToArray();
        string Line(Func<int, string> cell) => "| " + string.Join(" | ", widths.Select((width, c) => cell(c).PadRight(width))) + " |";
        return string.Join('\n', [
            $"**{Title}**",
            "",
            Line(c => Columns[c]),
            Line(c => new string('-', widths[c])),
            .. Rows.Select(row => Line(c => Cell(row, c)))]);
    }

    private static string Cell(IReadOnlyList<string> row, int column) => column < row.Count ? row[column].Replace("|", "\\|") : "";
}
