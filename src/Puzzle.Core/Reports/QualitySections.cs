namespace Puzzle.Core.Reports;

/// <summary>The sections that judge the child: Pareto front, evaluation, cost model.</summary>
internal static class QualitySections
{
    private const int FirstCostRows = 8;
    private const int MaxCostRows = 400;

    /// <summary>Quality over tokens/s with the points' table beside it.</summary>
    public static Markup Pareto(ParetoFront front, Func<ParetoPoint, string>? styleOf = null, List<(string, string)>? legend = null)
    {
        styleOf ??= p => p.Kind switch { ParetoKind.Child => "s0 strong", ParetoKind.Parent => "ink strong", _ => "s2" };
        var share = IsShare(front.QualityName);
        string Value(double v) => share ? Quantity.Percent(v) : Quantity.Number(v);
        string Hover(ParetoPoint p, string quality, Func<double, string> value) => $"{p.Name}: {quality} {value(p.Quality)}, {Quantity.Number(p.TokensPerS)} tokens/s"
            + (p.MemoryMib is { } m ? $", {Quantity.Mib(m)}" : "") + (p.BlockParams is { } b ? $", {Quantity.Count(b)} block parameters" : "");

        var chart = new SvgChart { Title = $"{front.QualityName} against tokens per second", XName = "tokens/s →", YName = front.QualityName + (front.LowerIsBetter ? " (less is better)" : " (more is better)"), YPercent = share, Height = 290 };
        var sweep = (front.Sweep ?? []).OrderBy(p => p.TokensPerS).ToList();
        var together = sweep.Count > 0 && (front.SweepQualityName is null || front.SweepQualityName == front.QualityName);
        if (together)
            AddSweep(chart, sweep, p => Hover(p, front.QualityName, Value));
        foreach (var point in front.Points.OrderBy(p => p.Kind))
            chart.AddDot(point.TokensPerS, point.Quality, styleOf(point), Hover(point, front.QualityName, Value), point.Name);

        var html = new Markup().Add($"<div class=\"columns\"><figure>{chart.Render()}");
        if (legend is null)
        {
            legend = [("child", "s0"), ("parent", "ink")];
            if (front.Points.Any(p => p.Kind == ParetoKind.Baseline))
                legend.Add(("baselines", "s2"));
        }

        if (together)
            legend.Add(("solver's sweep, predicted", "s1"));
        html.Add($"{SvgChart.Legend(legend)}</figure>");
        if (sweep.Count > 0 && !together)
        {
            var own = new SvgChart { Title = $"The solver's sweep: {front.SweepQualityName}", XName = "predicted tokens/s →", YName = front.SweepQualityName + " (less is better)", LogX = true, Height = 290 };
            AddSweep(own, sweep, p => Hover(p, front.SweepQualityName!, v => Quantity.Number(v)));
            foreach (var point in (front.SweepPoints ?? []).OrderBy(p => p.Kind))
                own.AddDot(point.TokensPerS, point.Quality, styleOf(point), Hover(point, front.SweepQualityName!, v => Quantity.Number(v)), point.Name);
            html.Add($"<figure>{own.Render()}{SvgChart.Legend([("the solver's optimum for each target, predicted", "s1"), .. front.SweepPoints is { Count: > 0 } ? legend : []])}</figure>");
        }

        var table = new ReportTable("Models compared").Text("Model").Number(front.QualityName).Number("tokens/s").Number("memory").Number("block params");
        foreach (var p in front.Points.OrderByDescending(p => p.Kind).ThenBy(p => front.LowerIsBetter ? p.Quality : -p.Quality))
            table.Row([new Markup().Add($"<i class=\"{styleOf(p)}\"></i>{p.Name}"), Text(Value(p.Quality)), Text(Quantity.Number(p.TokensPerS)), Text(Quantity.Mib(p.MemoryMib)), Text(Quantity.Count(p.BlockParams))], p.Kind == ParetoKind.Child ? "strong" : null);
        html.Add($"{table.Render()}");
        if (!together && front.SweepPoints is { Count: > 0 } predicted)
        {
            var ways = new ReportTable("Ways to choose, as predicted").Text("Way").Number(front.SweepQualityName!).Number("tokens/s").Number("block params");
            foreach (var p in predicted.OrderByDescending(p => p.Kind).ThenBy(p => p.Quality))
                ways.Row([new Markup().Add($"<i class=\"{styleOf(p)}\"></i>{p.Name}"), Text(Quantity.Number(p.Quality)), Text(Quantity.Number(p.TokensPerS)), Text(Quantity.Count(p.BlockParams))], p.Kind == ParetoKind.Child ? "strong" : null);
            html.Add($"{ways.Render()}");
        }

        return html.Add($"</div>");
    }

    /// <summary>The table of tasks; recovery and its interval drawn on one scale for all rows.</summary>
    public static Markup Evaluation(IReadOnlyList<EvaluationRow> rows)
    {
        var drawn = rows.SelectMany(r => new[] { r.Recovery, r.RecoveryLow, r.RecoveryHigh }).Where(v => v is { } x && Scale.Drawable(x)).Select(v => v!.Value).ToList();
        var scale = drawn.Count == 0 ? null : Scale.Over(drawn.Append(1), 4);
        var chance = rows.Any(r => r.Chance is not null);
        var table = new ReportTable("Tasks").Text("Task").Text("Metric").Number("Parent").Number("Child");
        table.Number("Recovery");
        if (scale is not null)
            table.Number("95 % interval").Text("");
        if (chance)
            table.Number("Chance");
        table.Number("n");
        foreach (var r in rows)
        {
            var cells = new List<Markup> { Text(r.Task), Text(r.Metric), Text(Figure(r, r.Parent)), Text(Figure(r, r.Child)), Text(Quantity.Percent(r.Recovery)) };
            if (scale is not null)
            {
                cells.Add(Text(r is { RecoveryLow: { } low, RecoveryHigh: { } high } ? $"{Quantity.Percent(low)} to {Quantity.Percent(high)}" : ""));
                cells.Add(Interval(r, scale));
            }

            if (chance)
                cells.Add(Text(Figure(r, r.Chance)));
            cells.Add(Text(r.Documents is { } n ? n.ToString("N0", System.Globalization.CultureInfo.InvariantCulture) : ""));
            table.Row(cells);
        }

        var html = new Markup().Add($"{table.Render()}");
        return scale is null ? html : html.Add($"<p class=\"muted note\">Recovery is the child's figure over the parent's; intervals from a paired bootstrap over documents. The line marks 100 %.</p>");
    }

    /// <summary>Ratios of all rows as bars around 1, and a scatter of the largest unit.</summary>
    public static Markup Costs(IReadOnlyList<CostComparison> costs)
    {
        var measured = costs.Where(c => c.Measured is { } m && Scale.Drawable(m, log: true) && Scale.Drawable(c.Predicted, log: true)).ToList();
        var html = new Markup();
        var errors = measured.Select(c => Math.Abs(c.Measured!.Value / c.Predicted - 1)).Order().ToList();
        if (errors.Count > 0)
            html.Add($"<p class=\"lead\">{$"{measured.Count} costs predicted and measured. Median error {Quantity.Percent(errors[errors.Count / 2])}, largest {Quantity.Percent(errors[^1])}."}</p>");
        html.Add($"<div class=\"columns\">");
        var widest = measured.GroupBy(c => c.Unit).OrderByDescending(g => g.Count()).FirstOrDefault();
        if (widest is not null && widest.Count() >= 5)
        {
            var chart = new SvgChart { Title = $"Measured against predicted, {widest.Key}", XName = $"predicted, {widest.Key} →", YName = $"measured, {widest.Key}", LogX = true, LogY = true, Diagonal = true, Height = 260 };
            foreach (var c in widest)
                chart.AddDot(c.Predicted, c.Measured!.Value, "s0 small", $"{c.Name}: predicted {Quantity.Number(c.Predicted)}, measured {Quantity.Number(c.Measured)} {c.Unit}");
            html.Add($"<figure>{chart.Render()}{SvgChart.Legend([(widest.Key, "s0"), ("as predicted", "diagonal")])}</figure>");
        }

        var span = Math.Max(0.1, errors.Count > 0 ? Math.Min(errors[^1], 1) : 0);
        Markup Table(string caption, IEnumerable<CostComparison> rows)
        {
            var table = new ReportTable(caption).Text("Cost").Number("Predicted").Number("Measured").Text("Unit").Number("Off by").Text("");
            foreach (var c in rows)
            {
                double? off = c.Measured is { } m && c.Predicted != 0 ? m / c.Predicted - 1 : null;
                table.Row([Text(c.Name), Text(Quantity.Number(c.Predicted)), Text(Quantity.Number(c.Measured)), Text(c.Unit), Text(Quantity.Signed(off)), Deviation(off, span)]);
            }

            return table.Render();
        }

        html.Add($"{Table(costs.Count <= FirstCostRows ? "Costs" : $"The first {FirstCostRows} of {costs.Count} costs", costs.Take(FirstCostRows))}</div>");
        if (costs.Count > FirstCostRows)
        {
            var rest = costs.Skip(FirstCostRows).Take(MaxCostRows).ToList();
            html.Add($"<details><summary>{$"{rest.Count} more costs"}</summary>{Table("More costs", rest)}</details>");
        }

        return html;
    }

    /// <summary>Accuracies in percent, all else as a number.</summary>
    public static string Figure(EvaluationRow row, double? value) =>
        row.Metric.StartsWith("acc", StringComparison.Ordinal) || row.Metric.StartsWith("exact_match", StringComparison.Ordinal) || row.Metric == "recovery" ? Quantity.Percent(value) : Quantity.Number(value);

    /// <summary>Whether a quality is a share, shown in percent.</summary>
    public static bool IsShare(string quality) => quality.Contains("recovery", StringComparison.OrdinalIgnoreCase) || quality.Contains("accuracy", StringComparison.OrdinalIgnoreCase);

    private static Markup Text(string? text) => new Markup().Add($"{text}");

    private static void AddSweep(SvgChart chart, List<ParetoPoint> sweep, Func<ParetoPoint, string> hover)
    {
        chart.AddLine("the solver's sweep", sweep.Select(p => (p.TokensPerS, p.Quality)), "s1");
        foreach (var p in sweep)
            chart.AddDot(p.TokensPerS, p.Quality, "s1 small", hover(p));
    }

    private static Markup Interval(EvaluationRow row, Scale scale)
    {
        if (row.Recovery is not { } recovery || !Scale.Drawable(recovery))
            return new Markup();
        var html = new Markup().Add($"<svg class=\"interval\" width=\"150\" height=\"18\" role=\"img\" aria-label=\"{$"recovery {Quantity.Percent(recovery)}"}\"><line class=\"one\" x1=\"{100 * scale.At(1)}%\" x2=\"{100 * scale.At(1)}%\" y1=\"0\" y2=\"18\" />");
        if (row is { RecoveryLow: { } low, RecoveryHigh: { } high } && Scale.Drawable(low) && Scale.Drawable(high))
            html.Add($"<line class=\"whisker\" x1=\"{100 * scale.At(low)}%\" x2=\"{100 * scale.At(high)}%\" y1=\"9\" y2=\"9\" />");
        return html.Add($"<circle class=\"dot s0\" cx=\"{100 * scale.At(recovery)}%\" cy=\"9\" r=\"4\" /></svg>");
    }

    private static Markup Deviation(double? off, double span)
    {
        if (off is not { } value || !double.IsFinite(value))
            return new Markup();
        var length = 50 * Math.Min(1, Math.Abs(value) / span);
        return new Markup().Add($"<svg class=\"interval\" width=\"90\" height=\"14\" aria-hidden=\"true\"><line class=\"one\" x1=\"50%\" x2=\"50%\" y1=\"0\" y2=\"14\" />")
            .Add($"<rect class=\"{(value < 0 ? "s0" : "s2")}\" x=\"{(value < 0 ? 50 - length : 50)}%\" y=\"3\" width=\"{length}%\" height=\"8\" rx=\"2\" /></svg>");
    }
}
