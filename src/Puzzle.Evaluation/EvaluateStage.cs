using Puzzle.Core.Checkpoints;
using Puzzle.Core.Evaluation;
using Puzzle.Core.Measurement;
using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;
using Puzzle.Core.Search.Baselines;
using Puzzle.Core.Stitching;
using Puzzle.Core.Telemetry;
using Puzzle.Evaluation.Comparison;

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
    public int Version => 2;

    /// <inheritdoc/>
    public IReadOnlyList<string> Needs => ["heal"];

    /// <inheritdoc/>
    public void AddInputs(ContentKey key, RunContext run)
    {
        key.Add("parent", run.ParentHash).Add("evaluate", run.Recipe.Evaluate).Add("text", run.Texts.Key)
            .Add("scenarios", run.Recipe.Target.Scenarios.Select(scenario => scenario with { Limits = new() }).ToArray())
            .Add("engines", Timed(run).Select(engine => new { engine.Name, engine.Unavailable }).ToArray()).Add("baselines", run.Recipe.Heal.Baselines);
        var evaluate = run.Recipe.Evaluate;
        foreach (var path in evaluate.Sources(evaluate.Tasks))
            key.AddFiles($"evaluate {path}", path);
    }

    /// <inheritdoc/>
    public void Check(RunContext run)
    {
        if (run.Recipe.Evaluate.Tasks.Count == 0)
            return;
        var prompts = RunQuestions.Options(run).Prompts;
        foreach (var task in RunQuestions.Select(run, run.Recipe.Evaluate.Tasks).Tasks)
            task.Prepare(prompts);
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
        var comparison = new ModelComparison(run.ParentModel, run.Tokenizer, Options(run));
        var unit = stage.Unit("compared", inputs);
        if (!unit.IsDone)
            unit.Done(Compare(stage, comparison, child, "child"));
        var compared = unit.ReadRecord<ComparisonRecord>();
        var notTimed = Timed(run).Select(engine => (engine.Name, Reason: engine.Unavailable ?? engine.Problem(child.Config))).Where(engine => engine.Reason is not null).ToDictionary(engine => engine.Name, engine => engine.Reason!);
        foreach (var (name, reason) in notTimed)
            stage.Progress.Warn($"{name} is not timed: {reason}");
        var speeds = Speeds(stage, child, "", Timed(run).Where(engine => !notTimed.ContainsKey(engine.Name)));
        Calibrate(stage, child, speeds);
        AtomicFile.WriteJson(stage.File(ChildEvaluation.File), new ChildEvaluation
        {
            Text = compared.Text,
            Tasks = compared.Tasks,
            Speeds = speeds,
            NotTimed = notTimed,
            Baselines = Baselines(stage, comparison, inputs),
            Recovery = compared.Recovery,
            RecoveryLow = compared.RecoveryLow,
            RecoveryHigh = compared.RecoveryHigh,
            RecoveryAboveChance = compared.RecoveryAboveChance,
        });
    }

    private static ComparisonOptions Options(RunContext run)
    {
        var settings = run.Recipe.Evaluate;
        var windows = (int)Math.Min(settings.Tokens / settings.Window, (run.Texts.Test.Length - 1) / settings.Window);
        return new ComparisonOptions
        {
            Tasks = settings.Tasks.Count == 0 ? null : RunQuestions.Select(run, settings.Tasks),
            Evaluation = RunQuestions.Options(run),
            Text = windows < 1 ? default : run.Texts.Test.AsMemory(0, (windows * settings.Window) + 1),
            Window = settings.Window,
        };
    }

    private static ComparisonRecord Compare(StageContext stage, ModelComparison comparison, Transformer model, string name)
    {
        var tasks = Math.Max(1, stage.Run.Recipe.Evaluate.Tasks.Count);
        stage.Progress.Count(1000, "parts");
        var compared = comparison.Compare(
            model,
            (who, at) => stage.Progress.Advance((long)(1000 * ((who == "parent" ? 0 : 0.5) + ((at.TaskIndex + (at.Done / Math.Max(1.0, at.Total))) / (2.0 * Math.Max(tasks, at.TaskCount))))), what: $"{(who == "parent" ? who : name)}, {at.Task}"),
            stage.Cancellation);
        return new ComparisonRecord(
            compared.Text, compared.Tasks, compared.Recovery?.Recovery, compared.Recovery?.RecoveryInterval?.Lower, compared.Recovery?.RecoveryInterval?.Upper, compared.Recovery?.RecoveryAboveChance);
    }

    private List<BaselineEvaluation> Baselines(StageContext stage, ModelComparison comparison, ContentKey inputs)
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
                var compared = Compare(stage, comparison, model, name);
                unit.Done(new BaselineEvaluation(
                    name, compared.Recovery, compared.Text,
                    Speeds(stage, model, name + ".", engines.Where(engine => engine.Engine == MeasureEngine.Torch)), model.BlockParameterCount));
            }

            evaluated.Add(unit.ReadRecord<BaselineEvaluation>());
            stage.Progress.Note($"baseline {name}: recovery {evaluated[^1].Recovery:P1}, KL {evaluated[^1].Text?.Kl:0.0000}, {(evaluated[^1].Speeds is [var speed, ..] ? speed.Speedup : double.NaN):0.00}x");
        }

        return evaluated;
    }

    // Offered to the next solve, which takes it where the recipe says so.
    private static void Calibrate(StageContext stage, Transformer child, IReadOnlyList<SpeedComparison> speeds)
    {
        var path = stage.FileOf("measure", MeasureStage.TableFile);
        if (!File.Exists(path) || Calibration.Fit(CostTable.FromJson(File.ReadAllText(path), path), speeds, stage.Run.Parent.Config.Layers, child.Config.Layers) is not { } fitted)
            return;
        stage.Progress.Note($"measured over predicted: the child's prefill {fitted.Child.Prefill:0.000}, decoding {fitted.Child.Decode:0.000}; the parent's {fitted.Parent.Prefill:0.000} and {fitted.Parent.Decode:0.000}");
        AtomicFile.WriteJson(stage.TopLevel(Calibration.FileName), fitted.Over(Calibration.Find(stage.Run.Folder)));
    }

    // The engine that the costs come from, torch, and whatever else the recipe wants to see.
    private IEnumerable<ICostEngine> Timed(RunContext run) =>
        engines.Where(engine => engine.TimesModels && (engine.Engine == MeasureEngine.Torch || engine.Engine == run.Recipe.Measure.Engine || run.Recipe.Measure.AlsoReport.Contains(engine.Engine)));

    private static List<SpeedComparison> Speeds(StageContext stage, Transformer child, string prefix, IEnumerable<ICostEngine> used)
    {
        var run = stage.Run;
        var speeds = new List<SpeedComparison>();
        var load = new OtherLoad();
        foreach (var engine in used)
        {
            foreach (var scenario in run.Recipe.Target.Scenarios)
            {
                var unit = stage.Unit($"speed.{prefix}{engine.Name}.{scenario.Name}", new ContentKey().Add("stage", stage.Key).Add("scenario", scenario));
                if (!unit.IsDone)
                    unit.Done(SpeedComparison.Measure(engine, run.ParentModel, child, scenario, run.Recipe.Measure, run.Recipe.Evaluate.Repeats, stage.Cancellation));
                speeds.Add(unit.ReadRecord<SpeedComparison>());
                stage.Progress.Note($"{prefix}{engine.Name}, {scenario.Name}: {speeds[^1].Child.TokensPerSecond:N0} tokens/s, parent {speeds[^1].Parent.TokensPerSecond:N0} ({speeds[^1].Speedup:0.00}x)");
            }
        }

        if (load.Warning("models were timed") is { } warning)
            stage.Progress.Warn(warning);
        return speeds;
    }

    private sealed record ComparisonRecord(
        TextComparison? Text, IReadOnlyList<TaskComparison> Tasks, double? Recovery, double? RecoveryLow, double? RecoveryHigh, double? RecoveryAboveChance);
}
