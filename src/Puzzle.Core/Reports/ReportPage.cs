namespace Puzzle.Core.Reports;

/// <summary>The frame of a page: one XHTML-compatible HTML5 file with its style inside, no script, nothing fetched.</summary>
internal sealed class ReportPage(string title)
{
    private readonly Markup _body = new();
    private readonly List<(string Id, string Name)> _sections = [];

    /// <summary>Everything above the sections.</summary>
    public Markup Header { get; } = new();

    /// <summary>Adds a section with its heading; <paramref name="id"/> is its anchor.</summary>
    public void Section(string id, string name, Markup content)
    {
        _sections.Add((id, name));
        _body.Add($"<section id=\"{id}\"><h2>{name}</h2>{content}</section>");
    }

    /// <summary>The whole file.</summary>
    public string Render(string footer)
    {
        var page = new Markup();
        page.Add($"<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\"><head><meta charset=\"utf-8\" />");
        page.Add($"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" /><meta name=\"color-scheme\" content=\"light dark\" />");
        page.Add($"<meta name=\"referrer\" content=\"no-referrer\" /><meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\" />");
        page.Add($"<title>{title}</title>\n<style>\n").AddTrusted(Style).Add($"</style></head>\n<body><main><header>{Header}</header>\n");
        page.Add($"<nav aria-label=\"Sections\"><ul>");
        foreach (var (id, name) in _sections)
            page.Add($"<li><a href=\"#{id}\">{name}</a></li>");
        return page.Add($"</ul></nav>\n<div class=\"sections\">{_body}</div>\n<footer>{footer}</footer></main></body></html>\n").ToString();
    }

    private static string Style
    {
        get
        {
            using var stream = typeof(ReportPage).Assembly.GetManifestResourceStream("Puzzle.Core.Reports.report.css")!; // embedded by the project file
            using var reader = new StreamReader(stream);
            return reader.ReadToEnd();
        }
    }
}
