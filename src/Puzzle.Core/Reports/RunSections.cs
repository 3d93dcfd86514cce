using System.Globalization;

namespace Puzzle.Core.Reports;

/// <summary>The sections that record the run: the two models, training, time and memory, how to repeat it.</summary>
internal static class RunSections
{
    /// <summary>Weights and KV cache together, MiB.</summary>
    public static double? Memory(ModelStats? model) => model?.WeightsMib is { } weights ? weights + (model.KvMib ?? 0) : null;

    /// <summary>Both models' figures with their ratio; every engine and scenario that was timed.</summary>
    public static Markup Models(ModelStats parent, ModelStats child, IReadOnlyList<SpeedRow> speeds)
    {
        var table = new ReportTable("Measured in the run's scenario").Text("").Number("Parent").Number("Child").Number("Child / parent");
        void Row(string name, double? before, double? after, Func<double?, string> show, bool times = false)
        {
            if (before is null && after is null)
                return;
            var ratio = before is { } b && after is { } a && b != 0 ? a / b : (double?)null;
            table.Row(name, show(before), show(after), times ? Quantity.Times(ratio) : Quantity.Percent(ratio));
        }

        Row("Generated tokens/s", parent.TokensPerS, child.TokensPerS, Quantity.Number, times: true);
        Row("Time to first token, ms", parent.TtftMs, child.TtftMs, Quantity.Number);
        Row("Time per output token, ms", parent.TpotMs, child.TpotMs, Quantity.Number);
        Row("Parameters", parent.Params, child.Params, Quantity.Count);
        Row("Block parameters", parent.BlockParams, child.BlockParams, Quantity.Count);
        Row("Weights", parent.WeightsMib, child.WeightsMib, Quantity.Mib);
        Row("KV cache", parent.KvMib, child.KvMib, Quantity.Mib);
        Row("Held-out loss, nats", parent.Loss, child.Loss, Quantity.Number);
        foreach (var (task, accuracy) in parent.Accuracy ?? new Dictionary<string, double>(StringComparer.Ordinal))
            Row($"Accuracy, {task}", accuracy, child.Accuracy is { } all && all.TryGetValue(task, out var value) ? value : null, v => Quantity.Percent(v));
        if (speeds.Count == 0)
            return table.Render();
        var timed = new ReportTable("Generated tokens per second, timed end to end").Text("Engine").Text("Scenario").Number("Parent").Number("Child").Number("Child / parent").Number("Batches");
        foreach (var s in speeds)
            timed.Row(s.Engine, s.Scenario, Quantity.Number(s.ParentTokensPerS), Quantity.Number(s.ChildTokensPerS), Quantity.Times(s.Speedup), string.Create(CultureInfo.InvariantCulture, $"{s.ParentBatch}, {s.ChildBatch}"));
        return new Markup().Add($"<div class=\"columns\">{table.Render()}{timed.Render()}</div>");
    }

    /// <summary>One chart for each group of curves; many series are drawn faint, with their median on top.</summary>
    public static Markup Curves(IReadOnlyList<CurveChart> charts)
    {
        var html = new Markup().Add($"<div class=\"charts\">");
        foreach (var chart in charts)
        {
            var positive = chart.Series.SelectMany(s => s.Values).Where(double.IsFinite).All(v => v > 0);
            var svg = new SvgChart { Title = chart.Title, XName = $"{chart.StepName} →", YName = chart.ValueName, LogY = chart.LogScale && positive };
            var crowd = chart.Series.Count > 8;
            var legend = new List<(string, string)>();
            for (var i = 0; i < chart.Series.Count; i++)
            {
                var series = chart.Series[i];
                svg.AddLine(series.Name, series.Steps.Zip(series.Values), crowd ? "s0 faint" : "s" + i.ToString(CultureInfo.InvariantCulture));
                if (!crowd)
                    legend.Add((series.Name, "s" + i.ToString(CultureInfo.InvariantCulture)));
            }

            if (crowd)
            {
                svg.AddLine("median", Median(chart.Series), "s2");
                legend = [($"{chart.Series.Count} series", "s0 faint"), ("their median", "s2")];
            }

            html.Add($"<figure><figcaption>{chart.Title}</figcaption>{svg.Render()}{SvgChart.Legend(legend)}</figure>");
        }

        return html.Add($"</div>");
    }

    /// <summary>Memory over the run with the stages behind it, and the stages' table.</summary>
    public static Markup Stages(IReadOnlyList<StageTiming> stages, IReadOnlyList<MemoryPoint> memory)
    {
        var html = new Markup().Add($"<div class=\"columns\">");
        if (memory.Count > 1)
        {
            var unit = memory.Max(m => m.Seconds) switch { > 7200 => (3600.0, "hours"), > 180 => (60.0, "minutes"), _ => (1.0, "seconds") };
            var chart = new SvgChart
            {
                Title = "Resident memory over the run",
                XName = $"{unit.Item2} →",
                YName = "resident memory, MiB",
                YFromZero = true,
                XFromZero = true,
                Bands = [.. stages.Where(s => s is { StartSeconds: not null, Reused: false }).Select(s => (s.StartSeconds!.Value / unit.Item1, (s.StartSeconds.Value + s.Seconds) / unit.Item1, s.Name))],
            };
            chart.AddLine("resident memory", memory.OrderBy(m => m.Seconds).Select(m => (m.Seconds / unit.Item1, m.Mib)), "s1 area");
            html.Add($"<figure>{chart.Render()}</figure>");
        }

        if (stages.Count > 0)
        {
            var longest = Math.Max(1e-9, stages.Where(s => double.IsFinite(s.Seconds)).Select(s => s.Seconds).DefaultIfEmpty(0).Max());
            var table = new ReportTable("Stages").Text("Stage").Number("Time").Text("").Number("Peak memory");
            foreach (var s in stages)
            {
                var bar = new Markup().Add($"<svg class=\"interval\" width=\"120\" height=\"12\" aria-hidden=\"true\"><rect class=\"s0\" x=\"0\" y=\"2\" width=\"{(double.IsFinite(s.Seconds) ? Math.Clamp(100 * s.Seconds / longest, 0.8, 100) : 0)}%\" height=\"8\" rx=\"2\" /></svg>");
                table.Row([new Markup().Add($"{s.Name}"), new Markup().Add($"{(s.Reused ? "reused" : Quantity.Duration(s.Seconds))}"), s.Reused ? new Markup() : bar, new Markup().Add($"{Quantity.Mib(s.PeakMib)}")]);
            }

            html.Add($"{table.Render()}");
        }

        return html.Add($"</div>");
    }

    /// <summary>Commands, recipe, environment.</summary>
    public static Markup Repeat(ReportData data)
    {
        var html = new Markup();
        if (data.Commands is { Count: > 0 } commands)
            html.Add($"<h3>Commands</h3><pre tabindex=\"0\"><code>{string.Join('\n', commands)}</code></pre>");
        if (data.Recipe is { } recipe)
            html.Add($"<h3>Recipe</h3><pre tabindex=\"0\"><code>{recipe.TrimEnd()}</code></pre>");
        if (data.Environment is { Count: > 0 } environment)
        {
            var table = new ReportTable("Environment").Text("Part").Text("Found");
            foreach (var (name, value) in environment)
                table.Row(name, value);
            html.Add($"<h3>Environment</h3>{table.Render()}");
        }

        return html;
    }

    /// <summary>The median over the series that have a value at about that place: each is read at 60 places of the common span.</summary>
    public static List<(double, double)> Median(IReadOnlyList<CurveSeries> series)
    {
        var usable = series.Where(s => s.Steps.Count > 1 && s.Steps.Count == s.Values.Count).ToList();
        var points = new List<(double, double)>();
        if (usable.Count == 0)
            return points;
        var end = usable.Max(s => s.Steps[^1]);
        var start = usable.Min(s => s.Steps[0]);
        for (var i = 0; i <= 60; i++)
        {
            var step = start + (end - start) * i / 60;
            var values = new List<double>();
            foreach (var s in usable.Where(s => s.Steps[0] <= step && step <= s.Steps[^1]))
            {
                var at = 0;
                while (at + 1 < s.Steps.Count && s.Steps[at + 1] <= step)
                    at++;
                if (double.IsFinite(s.Values[at]))
                    values.Add(s.Values[at]);
            }

            if (values.Count > 0)
                points.Add((step, values.Order().ElementAt(values.Count / 2)));
        }

        return points;
    }
}
