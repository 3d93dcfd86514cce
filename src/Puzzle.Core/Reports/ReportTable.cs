namespace Puzzle.Core.Reports;

/// <summary>A table with caption and header scopes that scrolls inside its own box where the page is narrow.</summary>
internal sealed class ReportTable(string caption)
{
    private readonly List<(string Name, bool Number)> _columns = [];
    private readonly Markup _rows = new();

    /// <summary>A column of text.</summary>
    public ReportTable Text(string name)
    {
        _columns.Add((name, false));
        return this;
    }

    /// <summary>A column of numbers: right-aligned.</summary>
    public ReportTable Number(string name)
    {
        _columns.Add((name, true));
        return this;
    }

    /// <summary>A row; the first cell is its header. <paramref name="style"/> is a constant of ours.</summary>
    public void Row(IEnumerable<Markup> cells, string? style = null)
    {
        _rows.Add($"<tr class=\"{style}\">");
        var i = 0;
        foreach (var cell in cells)
        {
            var number = _columns[i].Number ? "n" : "t";
            if (i++ == 0)
                _rows.Add($"<th scope=\"row\" class=\"{number}\">{cell}</th>");
            else
                _rows.Add($"<td class=\"{number}\">{cell}</td>");
        }

        _rows.Add($"</tr>");
    }

    /// <summary>A row of plain text.</summary>
    public void Row(params IEnumerable<string?> cells) => Row(cells.Select(c => new Markup().Add($"{c}")));

    /// <summary>The table.</summary>
    public Markup Render()
    {
        var html = new Markup().Add($"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{caption}\"><table><caption>{caption}</caption><thead><tr>");
        foreach (var (name, number) in _columns)
            html.Add($"<th scope=\"col\" class=\"{(number ? "n" : "t")}\">{name}</th>");
        return html.Add($"</tr></thead><tbody>{_rows}</tbody></table></div>");
    }
}
