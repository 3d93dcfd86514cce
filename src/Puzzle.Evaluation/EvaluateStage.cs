using Puzzle.Core.Checkpoints;
using Puzzle.Core.Errors;
using Puzzle.Core.Evaluation;
using Puzzle.Core.Measurement;
using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;
using Puzzle.Core.Search.Baselines;
using Puzzle.Core.Stitching;
using Puzzle.Evaluation.Comparison;
using Puzzle.Evaluation.Models;
using Puzzle.Evaluation.Results;
using Puzzle.Evaluation.Tasks;

namespace Puzzle.Evaluation;

/// <summary>Stage evaluate: parent and child on the same tasks, the same text and the same workloads, once.</summary>
/// <param name="engines">What can be timed.</param>
public sealed class EvaluateStage(IReadOnlyList<ICostEngine> engines) : IStage
{
    /// <inheritdoc/>
    public string Name => "evaluate";

    /// <inheritdoc/>
    public string Purpose => "compare the child with the parent: tasks, text, speed";

    /// <inheritdoc/>
    public int Version => 1;

    /// <inheritdoc/>
    public IReadOnlyList<string> Needs => ["heal"];

    /// <inheritdoc/>
    public void AddInputs(ContentKey key, RunContext run)
    {
        key.Add("parent", run.ParentHash).Add("evaluate", run.Recipe.Evaluate).Add("text", run.Texts.Key)
            .Add("scenarios", run.Recipe.Target.Scenarios.Select(scenario => scenario with { Limits = new() }).ToArray())
            .Add("engines", run.Recipe.Measure.AlsoReport).Add("baselines", run.Recipe.Heal.Baselines);
        foreach (var task in run.Recipe.Evaluate.Tasks.Where(File.Exists).Distinct())
            key.AddFiles($"task {task}", task);
    }

    /// <inheritdoc/>
    public StageEstimate Estimate(RunContext run) =>
        new(StageCost.Seconds(run, run.Recipe.Evaluate.Tokens + 200.0 * (run.Recipe.Evaluate.Limit ?? 1000) * run.Recipe.Evaluate.Tasks.Count, 2), 4 << 20, 3 * StageCost.ModelBytes(run));

    /// <inheritdoc/>
    public void Run(StageContext stage)
    {
        var run = stage.Run;
        using var checkpoint = CheckpointFile.Open(stage.FileOf("heal", StitchStage.ChildFolder));
        using var child = ModelLoader.Load(checkpoint, run.Device);
        child.RequireGrad(false);
        var inputs = new ContentKey().Add("stage", stage.Key);
        var text = stage.Unit("text", inputs);
        if (!text.IsDone)
            text.Done(new TextRecord(Text(run, child, stage.Cancellation)));
        var tasks = stage.Unit("tasks", inputs);
        if (!tasks.IsDone)
            tasks.Done(Tasks(stage, child, "child"));
        var compared = tasks.ReadRecord<List<TaskComparison>>();
        AtomicFile.WriteJson(stage.File(ChildEvaluation.File), new ChildEvaluation
        {
            Text = text.ReadRecord<TextRecord>().Text,
            Tasks = compared,
            Speeds = Speeds(stage, child, "", engines.Where(engine => engine.Engine == MeasureEngine.Torch || run.Recipe.Measure.AlsoReport.Contains(engine.Engine))),
            Baselines = Baselines(stage, inputs),
            Recovery = Mean(compared, task => task.Recovery),
            RecoveryAboveChance = Mean(compared, task => task.RecoveryAboveChance),
        });
    }

    private static TextComparison? Text(RunContext run, Transformer child, CancellationToken cancellation)
    {
        var settings = run.Recipe.Evaluate;
        var ids = run.Texts.Test;
        var windows = (int)Math.Min(settings.Tokens / settings.Window, (ids.Length - 1) / settings.Window);
        if (windows < 1)
            return null;
        var result = Divergence.Between(run.ParentModel, child, ids.AsSpan(0, windows * settings.Window + 1), settings.Window, settings.BatchSize, cancellation);
        return new TextComparison(result.ParentLoss, result.ChildLoss, result.Kl, result.KlStdErr, result.TopAgreement, result.Tokens);
    }

    private static List<TaskComparison> Tasks(StageContext stage, Transformer child, string name)
    {
        var run = stage.Run;
        var settings = run.Recipe.Evaluate;
        if (settings.Tasks.Count == 0)
            return [];
        var tasks = settings.Tasks.Select(EvalTask (name) => File.Exists(name) && name.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase)
            ? new MultipleChoiceSet(name)
            : throw new RecipeException($"evaluate.tasks: {name} is no JSONL file of context, choices and gold")).ToArray();
        var options = new EvaluationOptions { BatchSize = settings.BatchSize, Prompts = new PromptOptions { Limit = settings.Limit, Shots = settings.NumFewshot } };
        EvaluationResult Of(Transformer model, string who, int index) => Evaluator.Evaluate(new TransformerScorer(model), run.Tokenizer, tasks, options, new Reporter(stage, who, index, tasks.Length), stage.Cancellation);
        stage.Progress.Count(2L * tasks.Length * 1000, "parts");
        var report = RecoveryReport.Compare(Of(run.ParentModel, "parent", 0), Of(child, name, 1));
        return [.. report.Tasks.Select(task => new TaskComparison(
            task.Task, task.Metric, task.Parent, task.Child, task.Recovery, task.RecoveryInterval?.Lower, task.RecoveryInterval?.Upper, task.RecoveryAboveChance, task.Documents, task.Chance))];
    }

    private List<BaselineEvaluation> Baselines(StageContext stage, ContentKey inputs)
    {
        var evaluated = new List<BaselineEvaluation>();
        foreach (var baseline in stage.Run.Recipe.Heal.Baselines.Distinct())
        {
            var folder = stage.FileOf("heal", BaselineSearch.FolderOf(baseline));
            if (!File.Exists(Path.Combine(folder, "config.json")))
                continue;
            var name = BaselineSearch.NameOf(baseline);
            using var checkpoint = CheckpointFile.Open(folder);
            using var model = ModelLoader.Load(checkpoint, stage.Run.Device);
            var unit = stage.Unit(BaselineSearch.FolderOf(baseline), inputs);
            if (!unit.IsDone)
            {
                unit.Done(new BaselineEvaluation(
                    name, Mean(Tasks(stage, model, name), task => task.Recovery), Text(stage.Run, model, stage.Cancellation),
                    Speeds(stage, model, name + ".", engines.Where(engine => engine.Engine == MeasureEngine.Torch)), model.BlockParameterCount));
            }

            evaluated.Add(unit.ReadRecord<BaselineEvaluation>());
            stage.Progress.Note($"baseline {name}: recovery {evaluated[^1].Recovery:P1}, KL {evaluated[^1].Text?.Kl:0.0000}, {(evaluated[^1].Speeds is [var speed, ..] ? speed.Speedup : double.NaN):0.00}x");
        }

        return evaluated;
    }

    private static List<SpeedComparison> Speeds(StageContext stage, Transformer child, string prefix, IEnumerable<ICostEngine> used)
    {
        var run = stage.Run;
        var speeds = new List<SpeedComparison>();
        foreach (var engine in used)
        {
            if (engine.Unavailable is { } reason)
            {
                stage.Progress.Warn($"{engine.Name} is not timed: {reason}");
                continue;
            }

            foreach (var scenario in run.Recipe.Target.Scenarios)
            {
                var unit = stage.Unit($"speed.{prefix}{engine.Name}.{scenario.Name}", new ContentKey().Add("stage", stage.Key).Add("scenario", scenario));
                if (!unit.IsDone)
                    unit.Done(SpeedComparison.Measure(engine, run.ParentModel, child, scenario, run.Recipe.Measure, run.Recipe.Evaluate.Repeats, stage.Cancellation));
                speeds.Add(unit.ReadRecord<SpeedComparison>());
                stage.Progress.Note($"{prefix}{engine.Name}, {scenario.Name}: {speeds[^1].Child.TokensPerSecond:N0} tokens/s, parent {speeds[^1].Parent.TokensPerSecond:N0} ({speeds[^1].Speedup:0.00}x)");
            }
        }

        return speeds;
    }

    private static double? Mean(IReadOnlyList<TaskComparison> tasks, Func<TaskComparison, double?> value)
    {
        var known = tasks.Select(value).OfType<double>().ToArray();
        return known.Length == 0 ? null : known.Average();
    }

    private sealed record TextRecord(TextComparison? Text);

    private sealed class Reporter(StageContext stage, string who, int index, int tasks) : IProgress<EvaluationProgress>
    {
        public void Report(EvaluationProgress value) =>
            stage.Progress.Advance(1000L * (index * tasks + value.TaskIndex) + 1000L * value.Done / Math.Max(1, value.Total), what: $"{who}, {value.Task}");
    }
}
