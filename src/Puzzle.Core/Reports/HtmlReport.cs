namespace Puzzle.Core.Reports;

/// <summary>The report of one run: a self-contained HTML page, light and dark, printable, readable without script.</summary>
public static class HtmlReport
{
    /// <summary>Renders the page. Sections whose data is null are left out; every text from outside is escaped.</summary>
    public static string Render(ReportData data)
    {
        var page = new ReportPage($"{data.ChildName}: Puzzle report");
        page.Header.Add($"{Title(data)}{Lede(data)}{Tiles(data)}{Notes(data)}");
        if (data.Layers is { Count: > 0 } layers)
            page.Section("architecture", "Architecture", ArchitectureStrip.Render(layers));
        if (data.Pareto is { Points.Count: > 0 } pareto)
            page.Section("pareto", "Quality and speed", QualitySections.Pareto(pareto));
        if (data.Evaluation is { Count: > 0 } evaluation)
            page.Section("evaluation", "Evaluation", QualitySections.Evaluation(evaluation));
        if (data.Parent is { } parent && data.Child is { } child)
            page.Section("models", "Parent and child", RunSections.Models(parent, child, data.Speeds ?? []));
        if (data.Costs is { Count: > 0 } costs)
            page.Section("costs", "Predicted and measured", QualitySections.Costs(costs));
        if (data.Scores is { } scores)
            page.Section("scores", "Scores", HeatMap.Render(scores, data.Layers));
        if (data.Curves is { Count: > 0 } curves)
            page.Section("training", "Training", RunSections.Curves(curves));
        if (data.Stages is { Count: > 0 } || data.Memory is { Count: > 0 })
            page.Section("stages", "Time and memory", RunSections.Stages(data.Stages ?? [], data.Memory ?? []));
        if (data.Recipe is not null || data.Commands is not null || data.Environment is not null)
            page.Section("repeat", "To repeat this", RunSections.Repeat(data));
        return page.Render($"Puzzle {data.ToolVersion}{(data.Created is { } at ? $" · {at:yyyy-MM-dd HH:mm 'UTC'zzz}" : "")}");
    }

    private static Markup Title(ReportData data) => new Markup()
        .Add($"<p class=\"eyebrow\">{PuzzlePiece()}Puzzle report<span> · {data.Title}</span>{(data.Created is { } at ? $" · {at:d MMMM yyyy}" : "")}</p>")
        .Add($"<h1>{data.ParentName} <span class=\"arrow\" aria-label=\"became\">→</span> <b>{data.ChildName}</b></h1>");

    private static Markup PuzzlePiece() => new Markup().Add(
        $"<svg class=\"logo\" viewBox=\"0 0 24 24\" width=\"20\" height=\"20\" aria-hidden=\"true\"><path d=\"M3 8h5.2a2.6 2.6 0 1 1 4.6 0H18v5a2.6 2.6 0 1 1 0 4.6V22H3z\" /></svg>");

    private static Markup Lede(ReportData data)
    {
        var h = data.Headline;
        var html = new Markup().Add($"<p class=\"lede\">The child ");
        var said = false;
        if (h.Speedup is { } speedup)
        {
            html.Add($"generates <strong>{Quantity.Times(speedup)}</strong> as many tokens per second as its parent");
            said = true;
        }

        if (h.Recovery is { } recovery)
        {
            html.Add($"{(said ? " and " : "")}keeps <strong>{Quantity.Percent(recovery)}</strong> of its task accuracy");
            said = true;
        }
        else if (data.Parent?.Loss is { } before && data.Child?.Loss is { } after)
        {
            html.Add($"{(said ? " and " : "")}has a held-out loss of <strong>{Quantity.Number(after)}</strong> where its parent has {Quantity.Number(before)}");
            said = true;
        }

        if (!said)
            html.Add($"of {data.ParentName} is ready");
        html.Add($".");
        if (h.Seconds is { } seconds)
            html.Add($" It was made in {Quantity.Duration(seconds)}.");
        if (h.Scenario is { } scenario)
            html.Add($" <span class=\"muted\">Scenario: {scenario}.</span>");
        return html.Add($"</p>");
    }

    private static Markup Tiles(ReportData data)
    {
        var h = data.Headline;
        var html = new Markup().Add($"<div class=\"tiles\">");
        if (h.Speedup is { } speedup)
        {
            var others = string.Join(" · ", (h.Speedups ?? new Dictionary<string, double?>(StringComparer.Ordinal)).Select(s => $"{s.Key}\u00A0{Quantity.Times(s.Value)}"));
            Tile(html, "Throughput", Quantity.Times(speedup), others.Length > 0 ? others : h.SpeedupPredicted is { } p ? $"predicted {Quantity.Times(p)}" : "of the parent", 1, 1 / speedup);
        }

        if (h.Recovery is { } recovery)
            Tile(html, "Accuracy kept", Quantity.Percent(recovery), string.Join(" · ", new[] { Interval(h), h.RecoveryAboveChance is { } above ? $"{Quantity.Percent(above)} above chance" : null }.OfType<string>().DefaultIfEmpty("mean over tasks")), recovery, 1);
        if (h.ParamsRatio is { } parameters)
            Tile(html, "Block parameters", Quantity.Percent(parameters, 0), data is { Parent.BlockParams: { } was, Child.BlockParams: { } now } ? $"{Quantity.Count(now)} of {Quantity.Count(was)}" : "of the parent", parameters, 1);
        if (h.MemoryRatio is { } memory)
            Tile(html, "Memory", Quantity.Percent(memory, 0), RunSections.Memory(data.Child) is { } less && RunSections.Memory(data.Parent) is { } more ? $"{Quantity.Mib(less)} of {Quantity.Mib(more)}" : "of the parent", memory, 1);
        if (h.Seconds is { } seconds)
            Tile(html, "Made in", Quantity.Duration(seconds), data.Stages is { Count: > 0 } stages ? $"{stages.Count} stages" : "wall time", null, null);
        return html.Add($"</div>");
    }

    private static string? Interval(ReportHeadline h) =>
        h is { RecoveryLow: { } low, RecoveryHigh: { } high } && double.IsFinite(low) && double.IsFinite(high) ? $"{Quantity.Percent(low)} to {Quantity.Percent(high)}" : null;

    // Two bars under a figure: the child's above the parent's, as shares of the longer one.
    private static void Tile(Markup html, string name, string value, string detail, double? child, double? parent)
    {
        html.Add($"<div class=\"tile\"><p class=\"name\">{name}</p><p class=\"value\">{Figure(value)}</p>");
        if (child is { } c && parent is { } p && Scale.Drawable(c) && Scale.Drawable(p) && c >= 0 && p >= 0)
        {
            var longest = Math.Max(Math.Max(c, p), 1e-9);
            html.Add($"<svg class=\"bars\" width=\"100%\" height=\"11\" role=\"img\" aria-label=\"{$"{name}: child {value} of the parent"}\"><title>{"Above: child. Below: parent."}</title>");
            html.Add($"<rect class=\"child\" x=\"0\" y=\"0\" width=\"{100 * c / longest}%\" height=\"5\" rx=\"2.5\" /><rect class=\"parent\" x=\"0\" y=\"7\" width=\"{100 * p / longest}%\" height=\"4\" rx=\"2\" /></svg>");
        }

        html.Add($"<p class=\"detail\">{detail}</p></div>");
    }

    // 1 h 25 min, 97.8 %: the units small beside their figures.
    private static Markup Figure(string value)
    {
        var html = new Markup();
        foreach (var part in value.Split('\u00A0', ' '))
        {
            if (part.Length > 0 && (char.IsLetter(part[0]) || part == "%"))
                html.Add($"<small>\u00A0{part}</small> ");
            else
                html.Add($"{part}");
        }

        return html;
    }

    private static Markup Notes(ReportData data)
    {
        var html = new Markup();
        if (data.Headline.Missed is { Count: > 0 } missed)
        {
            html.Add($"<div class=\"callout missed\" role=\"note\"><p><strong>Missed when measured</strong></p><ul>");
            foreach (var limit in missed)
                html.Add($"<li>{limit}</li>");
            html.Add($"</ul></div>");
        }

        if (data.Notes is { Count: > 0 } notes)
        {
            html.Add($"<div class=\"callout\" role=\"note\"><ul>");
            foreach (var note in notes)
                html.Add($"<li>{note}</li>");
            html.Add($"</ul></div>");
        }

        return html;
    }
}
