using System.Globalization;
using Puzzle.Core.Distillation;
using Puzzle.Core.Library;
using Puzzle.Core.Runs;
using Puzzle.Core.Search.Baselines;
using Puzzle.Core.Telemetry;

namespace Puzzle.Core.Reports;

/// <summary>The curves of a run's trainings, from its metrics and the records of its library.</summary>
internal static class RunCurves
{
    private const int MostPoints = 400;

    public static IReadOnlyList<CurveChart> Of(RunContext run)
    {
        var metrics = Path.Combine(run.Folder.Path, "metrics.jsonl");
        var layers = run.Parent.Config.Layers.Count;
        var charts = new List<CurveChart>();
        CurveSeries? Series(string stage, string name, string label) =>
            Thin(MetricsFile.Read(metrics, stage, name)) is { Count: > 1 } points ? new CurveSeries(label, [.. points.Select(p => (double)p.Step)], [.. points.Select(p => p.Value)]) : null;

        var distill = Enumerable.Range(0, layers).Select(layer => Series("distill", string.Create(CultureInfo.InvariantCulture, $"layer_{layer:00}"), $"layer {layer}")).OfType<CurveSeries>().ToArray();
        if (distill.Length > 0)
        {
            // Every layer counts its own steps, so that the curves lie over one another. A few layers say enough.
            var shown = distill.Length <= 8 ? distill : [.. Enumerable.Range(0, 8).Select(i => distill[i * (distill.Length - 1) / 7])];
            charts.Add(new CurveChart("Blockwise distillation: mean loss of a layer's variants", "step", "normalised MSE", [.. shown.Select(s => s with { Steps = [.. s.Steps.Select(step => step - s.Steps[0] + 1)] })], LogScale: true));
        }

        var baselines = run.Recipe.Heal.Baselines.Distinct().Select(baseline => Series("heal", $"{BaselineSearch.FolderOf(baseline)}_validation_kl", $"validation KL, {BaselineSearch.NameOf(baseline)}"));
        var heal = new[] { Series("heal", "kl", "training KL"), Series("heal", "validation_kl", "validation KL") }.Concat(baselines).OfType<CurveSeries>().ToArray();
        if (heal.Length > 0)
            charts.Add(new CurveChart("Healing: KL(parent || child)", "step", "nats a token", heal, LogScale: true));
        if (Series("heal", "validation_tasks", "mean over validation tasks") is { } tasks)
            charts.Add(new CurveChart("Healing: validation tasks", "step", "mean score", [tasks]));
        if (Series("heal", "cosine", "sum over layers of 1 - cosine") is { } cosine)
            charts.Add(new CurveChart("Healing: hidden states", "step", "1 - cosine", [cosine], LogScale: true));
        return charts;
    }

    private static IReadOnlyList<(long Step, double Value)> Thin(IReadOnlyList<(long Step, double Value)> points) =>
        points.Count <= MostPoints ? points : [.. Enumerable.Range(0, MostPoints).Select(i => points[(int)((long)i * (points.Count - 1) / (MostPoints - 1))])];
}
