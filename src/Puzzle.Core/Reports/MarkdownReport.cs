using System.Globalization;
using System.Text;

namespace Puzzle.Core.Reports;

/// <summary>The report of a run as a Markdown document, for a repository's folder of results: the numbers of <see cref="HtmlReport"/> without its charts.</summary>
public static class MarkdownReport
{
    /// <summary>Renders the document. Sections whose data is null are left out; every text from outside is escaped.</summary>
    public static string Render(ReportData data)
    {
        var text = new StringBuilder();
        var processor = data.Environment is { } machine && machine.TryGetValue("processor", out var name) ? $", {machine.GetValueOrDefault("cores", "?")} cores of {name}" : "";
        Line(text, $"# {MarkdownText.Escape(data.ParentName)} to {MarkdownText.Escape(data.ChildName)}: {MarkdownText.Escape(data.Title)}\n");
        Line(text, $"{data.Created?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}{MarkdownText.Escape(processor)}, Puzzle {MarkdownText.Escape(data.ToolVersion ?? "")}. Every number is from the run's records, written by `puzzle report RUN -o FILE.md`.\n");
        Headline(text, data);
        if (data is { Parent: { } parent, Child: { } child })
            Models(text, parent, child);
        if (data.Speeds is { Count: > 0 } speeds)
        {
            Table(text, "Generated tokens per second, timed end to end", ["engine", "scenario", "parent", "child", "child / parent", "batches"],
                speeds.Select(s => (string[])[s.Engine, s.Scenario, Quantity.Number(s.ParentTokensPerS), Quantity.Number(s.ChildTokensPerS), Quantity.Times(s.Speedup), $"{s.ParentBatch}, {s.ChildBatch}"]));
        }

        if (data.Evaluation is { Count: > 0 } rows)
        {
            Table(text, "Evaluation", ["task", "metric", "parent", "child", "recovery", "95 % interval", "documents"],
                rows.Select(r => (string[])[r.Task, r.Metric, QualitySections.Figure(r, r.Parent), QualitySections.Figure(r, r.Child), Quantity.Percent(r.Recovery), ModelFigures.Interval(r.RecoveryLow, r.RecoveryHigh), r.Documents?.ToString("N0", CultureInfo.InvariantCulture) ?? ""]));
        }

        if (data.Pareto is { Points.Count: > 0 } pareto)
            Pareto(text, pareto);
        if (data.Layers is { Count: > 0 } layers)
        {
            Table(text, "Architecture", ["layer", "attention", "kept", "feed-forward", "kept"],
                layers.Select(l => (string[])[$"{l.Layer}", ArchitectureStrip.Change(l.ParentAttention, l.Attention), Quantity.Percent(l.AttentionKept, 0), ArchitectureStrip.Change(l.ParentFeedForward, l.FeedForward), Quantity.Percent(l.FeedForwardKept, 0)]));
        }

        if (data.Costs is { Count: > 0 } costs)
        {
            Table(text, "Predicted and measured", ["cost", "predicted", "measured", "unit", "off by"],
                costs.Select(c => (string[])[c.Name, Quantity.Number(c.Predicted), Quantity.Number(c.Measured), c.Unit, Quantity.Signed(c.Measured is { } m && c.Predicted != 0 ? m / c.Predicted - 1 : null)]));
        }

        if (data.Stages is { Count: > 0 } stages)
            Table(text, "Time and memory", ["stage", "time", "peak memory"], stages.Select(s => (string[])[s.Name, s.Reused ? "reused" : Quantity.Duration(s.Seconds), Quantity.Mib(s.PeakMib)]));
        if (data.Commands is { Count: > 0 } commands)
            Line(text, $"## Commands\n\n{MarkdownText.Fenced("sh", string.Join('\n', commands))}\n");
        if (data.Environment is { Count: > 0 } environment)
            Table(text, "Environment", ["part", "found"], environment.Select(e => (string[])[e.Key, e.Value]));
        return text.ToString().TrimEnd() + "\n";
    }

    private static void Headline(StringBuilder text, ReportData data)
    {
        var h = data.Headline;
        if (h.Scenario is { } scenario)
            Line(text, $"- scenario: {MarkdownText.Escape(scenario)}");
        if (h.Speedup is not null)
            Line(text, $"- **{Quantity.Times(h.Speedup)}** the parent's generated tokens per second, measured{(h.SpeedupPredicted is { } predicted ? $" (predicted {Quantity.Times(predicted)})" : "")}");
        if (h.Recovery is not null)
        {
            var interval = ModelFigures.Interval(h.RecoveryLow, h.RecoveryHigh);
            Line(text, $"- **{Quantity.Percent(h.Recovery)}** of the parent's accuracy, mean over tasks{(interval.Length > 0 ? $", 95 % interval {interval}" : "")}{(h.RecoveryAboveChance is { } above ? $"; {Quantity.Percent(above)} above chance" : "")}");
        }

        if (h.ParamsRatio is not null)
            Line(text, $"- {Quantity.Percent(h.ParamsRatio)} of the parent's block parameters");
        if (h.MemoryRatio is not null)
            Line(text, $"- {Quantity.Percent(h.MemoryRatio)} of the parent's memory (weights and KV cache in the scenario)");
        if (h.Seconds is not null)
            Line(text, $"- made in {Quantity.Duration(h.Seconds)}");
        foreach (var missed in h.Missed)
            Line(text, $"- missed when measured: {MarkdownText.Escape(missed)}");
        foreach (var note in data.Notes ?? [])
            Line(text, $"- {MarkdownText.Escape(note)}");
        Line(text, "");
    }

    private static void Models(StringBuilder text, ModelStats parent, ModelStats child)
    {
        Table(text, "Against the parent", ["", "parent", "child", "child / parent"], ModelFigures.Of(parent, child).Select(row =>
            (string[])[row.Name, row.Show(row.Parent), row.Show(row.Child), Quantity.Percent(row.Parent is { } before && row.Child is { } after && before != 0 ? after / before : null)]));
    }

    private static void Pareto(StringBuilder text, ParetoFront front)
    {
        string Value(double v) => QualitySections.IsShare(front.QualityName) ? Quantity.Percent(v) : Quantity.Number(v);
        IEnumerable<ParetoPoint> Best(IEnumerable<ParetoPoint> points, bool lower) => points.OrderByDescending(p => p.Kind).ThenBy(p => lower ? p.Quality : -p.Quality);
        Table(text, "Other ways to make a child", ["model", front.QualityName, "tokens/s", "memory", "block parameters"],
            Best(front.Points, front.LowerIsBetter).Select(p => (string[])[p.Name, Value(p.Quality), Quantity.Number(p.TokensPerS), Quantity.Mib(p.MemoryMib), Quantity.Count(p.BlockParams)]));
        if (front.SweepPoints is { Count: > 0 } predicted)
        {
            Table(text, "Ways to choose, as predicted", ["way", front.SweepQualityName ?? "score", "tokens/s", "block parameters"],
                Best(predicted, lower: true).Select(p => (string[])[p.Name, Quantity.Number(p.Quality), Quantity.Number(p.TokensPerS), Quantity.Count(p.BlockParams)]));
        }
    }

    private static void Table(StringBuilder text, string title, string[] columns, IEnumerable<string[]> rows)
    {
        Line(text, $"## {title}\n");
        Line(text, $"| {string.Join(" | ", columns.Select(MarkdownText.Escape))} |");
        Line(text, $"| {string.Join(" | ", columns.Select(_ => "---"))} |");
        foreach (var row in rows)
            Line(text, $"| {string.Join(" | ", row.Select(MarkdownText.Escape))} |");
        Line(text, "");
    }

    private static void Line(StringBuilder text, string line) => text.Append(line).Append('\n');
}
