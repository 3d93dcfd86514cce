namespace Puzzle.Core.Reports;

/// <summary>Two runs side by side, as one self-contained page of the same kind as <see cref="HtmlReport"/>.</summary>
public static class CompareReport
{
    /// <summary>Renders the comparison; differences are B minus A. Sections that one of the runs lacks are left out.</summary>
    public static string Render(ReportData a, ReportData b)
    {
        var (nameA, nameB) = (a.Title, b.Title);
        if (nameA == nameB)
            (nameA, nameB) = (a.ChildName, b.ChildName);
        if (nameA == nameB)
            (nameA, nameB) = ("A: " + nameA, "B: " + nameB);
        var page = new ReportPage($"{nameA} and {nameB}: Puzzle comparison");
        page.Header.Add($"<p class=\"eyebrow\">Puzzle comparison of two runs</p><h1><b>{nameA}</b> <span class=\"and\">and</span> <b>{nameB}</b></h1>{Warnings(a, b)}");
        page.Section("headline", "Headline", Headline(a, b, nameA, nameB));
        if (a.Layers is { Count: > 0 } layersA && b.Layers is { Count: > 0 } layersB)
            page.Section("architecture", "Architecture", new Markup().Add($"<h3>{nameA}</h3>{ArchitectureStrip.Render(layersA)}<h3>{nameB}</h3>{ArchitectureStrip.Render(layersB)}"));
        if (a.Pareto is { } frontA && b.Pareto is { } frontB && frontA.QualityName == frontB.QualityName)
            page.Section("pareto", "Quality and speed", Pareto(frontA, frontB, nameA, nameB));
        if (a.Evaluation is { Count: > 0 } rowsA && b.Evaluation is { Count: > 0 } rowsB)
            page.Section("evaluation", "Evaluation", Evaluation(rowsA, rowsB, nameA, nameB));
        if (a.Curves is { Count: > 0 } curvesA && b.Curves is { Count: > 0 } curvesB && curvesA.Any(x => curvesB.Any(y => y.Title == x.Title)))
            page.Section("training", "Training", RunSections.Curves([.. Joined(curvesA, curvesB, nameA, nameB)]));
        if (a.Stages is { Count: > 0 } stagesA && b.Stages is { Count: > 0 } stagesB)
            page.Section("stages", "Time and memory", Stages(stagesA, stagesB, nameA, nameB));
        if (a.Recipe is { } recipeA && b.Recipe is { } recipeB)
            page.Section("recipe", "Recipe", Recipe(recipeA, recipeB));
        if (a.Environment is { } environmentA && b.Environment is { } environmentB)
            page.Section("environment", "Environment", Environment(environmentA, environmentB, nameA, nameB));
        return page.Render($"Puzzle {b.ToolVersion}");
    }

    private static Markup Warnings(ReportData a, ReportData b)
    {
        var warnings = new List<string>();
        if (a.ParentName != b.ParentName)
            warnings.Add($"The parents differ ({a.ParentName}, {b.ParentName}): ratios are to different models.");
        if (a.Headline.Scenario != b.Headline.Scenario)
            warnings.Add("The scenarios differ: speeds and memory are not measured alike.");
        var html = new Markup();
        foreach (var warning in warnings)
            html.Add($"<p class=\"callout\" role=\"note\">{warning}</p>");
        return html;
    }

    private static Markup Headline(ReportData a, ReportData b, string nameA, string nameB)
    {
        var table = new ReportTable("Child against parent, run by run").Text("").Number(nameA).Number(nameB).Number("Difference");
        void Row(string name, double? x, double? y, Func<double?, string> show, Func<double, double, string> difference, bool moreIsBetter)
        {
            if (x is null && y is null)
                return;
            table.Row([Text(name), Text(show(x)), Text(show(y)), x is { } p && y is { } q ? Coloured(difference(p, q), q - p, moreIsBetter) : Text("")]);
        }

        string Points(double x, double y) => Quantity.Signed(y - x);
        string Relative(double x, double y) => x == 0 ? "" : Quantity.Signed(y / x - 1);
        Row("Throughput, child / parent", a.Headline.Speedup, b.Headline.Speedup, Quantity.Times, Relative, moreIsBetter: true);
        Row("Generated tokens/s", a.Child?.TokensPerS, b.Child?.TokensPerS, Quantity.Number, Relative, moreIsBetter: true);
        Row("Accuracy kept", a.Headline.Recovery, b.Headline.Recovery, v => Quantity.Percent(v), Points, moreIsBetter: true);
        Row("Accuracy kept above chance", a.Headline.RecoveryAboveChance, b.Headline.RecoveryAboveChance, v => Quantity.Percent(v), Points, moreIsBetter: true);
        Row("Held-out loss, nats", a.Child?.Loss, b.Child?.Loss, Quantity.Number, Relative, moreIsBetter: false);
        Row("Block parameters kept", a.Headline.ParamsRatio, b.Headline.ParamsRatio, v => Quantity.Percent(v), Points, moreIsBetter: false);
        Row("Memory kept", a.Headline.MemoryRatio, b.Headline.MemoryRatio, v => Quantity.Percent(v), Points, moreIsBetter: false);
        Row("Made in", a.Headline.Seconds, b.Headline.Seconds, Quantity.Duration, Relative, moreIsBetter: false);
        return table.Render();
    }

    private static Markup Pareto(ParetoFront a, ParetoFront b, string nameA, string nameB)
    {
        var ofA = a.Points.Select(p => p with { Name = $"A {p.Name}" }).ToHashSet();
        var html = new Markup().Add($"<p class=\"lead\">A is {nameA}; B is {nameB}.</p>");
        return html.Add($"{QualitySections.Pareto(a with { Points = [.. ofA, .. b.Points.Select(p => p with { Name = $"B {p.Name}" })], Sweep = null, SweepPoints = null }, p => (ofA.Contains(p) ? "s0" : "s2") + (p.Kind == ParetoKind.Baseline ? "" : " strong"), [("A", "s0"), ("B", "s2")])}");
    }

    private static Markup Evaluation(IReadOnlyList<EvaluationRow> a, IReadOnlyList<EvaluationRow> b, string nameA, string nameB)
    {
        var table = new ReportTable("Children").Text("Task").Text("Metric").Number("Parent").Number(nameA).Number(nameB).Number("Recovery A").Number("Recovery B").Number("Difference");
        foreach (var x in a)
        {
            if (b.FirstOrDefault(r => r.Task == x.Task && r.Metric == x.Metric) is not { } y)
                continue;
            var difference = x.Recovery is { } p && y.Recovery is { } q ? Coloured(Quantity.Signed(q - p), q - p, moreIsBetter: true) : Text("");
            table.Row([Text(x.Task), Text(x.Metric), Text(QualitySections.Figure(x, x.Parent)), Text(QualitySections.Figure(x, x.Child)), Text(QualitySections.Figure(y, y.Child)), Text(Quantity.Percent(x.Recovery)), Text(Quantity.Percent(y.Recovery)), difference]);
        }

        return table.Render();
    }

    private static IEnumerable<CurveChart> Joined(IReadOnlyList<CurveChart> a, IReadOnlyList<CurveChart> b, string nameA, string nameB)
    {
        IEnumerable<CurveSeries> Of(string name, CurveChart chart)
        {
            if (chart.Series.Count <= 4)
                return chart.Series.Select(s => s with { Name = $"{name}: {s.Name}" });
            var median = RunSections.Median(chart.Series);
            return [new CurveSeries($"{name}: median of {chart.Series.Count}", [.. median.Select(p => p.Item1)], [.. median.Select(p => p.Item2)])];
        }

        foreach (var x in a)
        {
            if (b.FirstOrDefault(c => c.Title == x.Title) is { } y)
                yield return x with { Series = [.. Of(nameA, x), .. Of(nameB, y)] };
        }
    }

    private static Markup Stages(IReadOnlyList<StageTiming> a, IReadOnlyList<StageTiming> b, string nameA, string nameB)
    {
        var table = new ReportTable("Stages").Text("Stage").Number($"Time, {nameA}").Number($"Time, {nameB}").Number("Peak memory A").Number("Peak memory B");
        foreach (var name in a.Concat(b).Select(s => s.Name).Distinct(StringComparer.Ordinal))
        {
            var (x, y) = (a.FirstOrDefault(s => s.Name == name), b.FirstOrDefault(s => s.Name == name));
            table.Row(name, Time(x), Time(y), Quantity.Mib(x?.PeakMib), Quantity.Mib(y?.PeakMib));
        }

        return table.Render();
    }

    private static string Time(StageTiming? stage) => stage is { Reused: true } ? "reused" : Quantity.Duration(stage?.Seconds);

    private static Markup Recipe(string a, string b)
    {
        var lines = LineDiff.Between(a, b);
        if (lines.All(l => l.Change == LineChange.Same))
            return new Markup().Add($"<p class=\"lead\">The recipes are equal.</p>");
        var html = new Markup().Add($"<pre class=\"diff\" tabindex=\"0\"><code>");
        foreach (var (change, line) in lines)
        {
            var (style, sign) = change switch { LineChange.Added => ("add", "+"), LineChange.Cut => ("cut", "−"), _ => ("same", " ") };
            html.Add($"<span class=\"{style}\">{sign} {line}</span>\n");
        }

        return html.Add($"</code></pre>");
    }

    private static Markup Environment(IReadOnlyDictionary<string, string> a, IReadOnlyDictionary<string, string> b, string nameA, string nameB)
    {
        var different = a.Keys.Concat(b.Keys).Distinct(StringComparer.Ordinal).Where(k => a.GetValueOrDefault(k) != b.GetValueOrDefault(k)).ToList();
        if (different.Count == 0)
            return new Markup().Add($"<p class=\"lead\">Both ran in the same environment.</p>");
        var table = new ReportTable("What differs").Text("Part").Text(nameA).Text(nameB);
        foreach (var key in different)
            table.Row(key, a.GetValueOrDefault(key, "–"), b.GetValueOrDefault(key, "–"));
        return table.Render();
    }

    private static Markup Coloured(string text, double difference, bool moreIsBetter) =>
        new Markup().Add($"<span class=\"{(difference == 0 || !double.IsFinite(difference) ? "same" : difference > 0 == moreIsBetter ? "better" : "worse")}\">{text}</span>");

    private static Markup Text(string? text) => new Markup().Add($"{text}");
}
