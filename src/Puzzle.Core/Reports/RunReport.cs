using Puzzle.Core.Evaluation;
using Puzzle.Core.Measurement;
using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;
using Puzzle.Core.Scoring;
using Puzzle.Core.Search;
using Puzzle.Core.Telemetry;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Reports;

/// <summary>Gathers what the stages of a run left into the data of its report.</summary>
public static class RunReport
{
    /// <summary>The data; parts whose stage has not run are left out.</summary>
    public static ReportData Data(RunContext run)
    {
        var solved = AtomicFile.TryReadJson<SolveResult>(Path.Combine(run.Folder.Of("solve"), SolveStage.ResultFile));
        var evaluation = AtomicFile.TryReadJson<ChildEvaluation>(Path.Combine(run.Folder.Of("evaluate"), ChildEvaluation.File));
        var scores = AtomicFile.TryReadJson<ScoreTable>(Path.Combine(run.Folder.Of("score"), ScoreStage.TableFile));
        var figures = solved is null ? null : new RunFigures(run, solved, evaluation, Costs(run));
        var parentName = NameOf(run.Recipe.Parent);
        return new ReportData
        {
            Title = run.Recipe.Report.Title ?? Path.GetFileName(run.Folder.Path),
            ParentName = parentName,
            ChildName = $"{parentName}-puzzle",
            Created = DateTimeOffset.Now,
            ToolVersion = RunEnvironment.ToolVersion,
            Headline = figures?.Headline() ?? new ReportHeadline(),
            Parent = figures?.Parent(),
            Child = figures?.Child(),
            Speeds = figures?.Speeds(),
            Layers = solved is null ? null : Layers(run, solved.Solutions[0].Layers),
            Scores = scores is null ? null : Scores(run, scores),
            Pareto = figures?.Pareto(),
            Costs = figures?.Costs(),
            Curves = RunCurves.Of(run),
            Evaluation = evaluation is null ? null : Evaluation(evaluation),
            Memory = [.. MetricsFile.Read(Path.Combine(run.Folder.Path, "metrics.jsonl"), "memory", "resident_mib").Select(point => new MemoryPoint(point.Step, point.Value))],
            Stages = RunStages.Of(run),
            Recipe = Read(Path.Combine(run.Folder.Path, "recipe.yaml")),
            Environment = RunEnvironment.Describe(),
            Commands = RunCommands.Of(run),
            Notes = figures?.Notes(),
        };
    }

    private static CostTable? Costs(RunContext run)
    {
        var path = Path.Combine(run.Folder.Of("measure"), MeasureStage.TableFile);
        return File.Exists(path) ? CostTable.FromJson(File.ReadAllText(path), path) : null;
    }

    private static List<LayerKept> Layers(RunContext run, IReadOnlyList<LayerSpec> layers)
    {
        var config = run.Parent.Config;
        double Kept(SubblockSpec now, SubblockSpec own) =>
            VariantCatalogue.Of(own).Parameters(own, config) is > 0 and var whole ? Math.Min(1, VariantCatalogue.Of(now).Parameters(now, config) / (double)whole) : 1;
        return [.. layers.Select((layer, i) => (layer, own: config.Layers[i], i)).Select(l => new LayerKept(
            l.i, l.own.Attention.Id, l.layer.Attention.Id, Kept(l.layer.Attention, l.own.Attention), l.own.FeedForward.Id, l.layer.FeedForward.Id, Kept(l.layer.FeedForward, l.own.FeedForward)))];
    }

    private static ScoreMap Scores(RunContext run, ScoreTable table)
    {
        var layers = run.Parent.Config.Layers.Count;
        var variants = run.Choices.SelectMany(choices => choices.Others).Distinct().OrderBy(spec => spec.Subblock).ToArray();
        var values = table.Subblocks.ToDictionary(score => (score.Layer, score.Spec), score => score.Kl);
        return new ScoreMap("KL", [.. variants.Select(spec => spec.Id)], [.. variants.Select(spec =>
            (IReadOnlyList<double?>)[.. Enumerable.Range(0, layers).Select(layer => values.TryGetValue((layer, spec), out var kl) ? kl : (double?)null)])]);
    }

    private static List<EvaluationRow> Evaluation(ChildEvaluation evaluation)
    {
        var rows = evaluation.Tasks.Select(task => new EvaluationRow(
            task.Task, task.Metric, task.Parent, task.Child, task.Recovery, task.RecoveryLow, task.RecoveryHigh, task.Documents, task.Chance)).ToList();
        if (evaluation.Recovery is { } mean)
            rows.Add(new EvaluationRow("mean over tasks", "recovery", 1, mean, mean, evaluation.RecoveryLow, evaluation.RecoveryHigh, evaluation.Tasks.Sum(task => task.Documents)));
        if (evaluation.Text is { } text)
        {
            rows.Add(new EvaluationRow("held-out text", "loss", text.ParentLoss, text.ChildLoss));
            rows.Add(new EvaluationRow("held-out text", "perplexity", Math.Exp(text.ParentLoss), Math.Exp(text.ChildLoss)));
            rows.Add(new EvaluationRow("held-out text", "KL", 0, text.Kl));
            rows.Add(new EvaluationRow("held-out text", "top-1 agreement", 1, text.TopOneAgreement));
        }

        return rows;
    }

    private static string NameOf(string parent)
    {
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(parent));
        return name.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) ? name[..^5] : name;
    }

    private static string? Read(string path) => File.Exists(path) ? File.ReadAllText(path) : null;
}
