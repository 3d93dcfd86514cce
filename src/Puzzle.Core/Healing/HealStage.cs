using Puzzle.Core.Checkpoints;
using Puzzle.Core.Library;
using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;
using Puzzle.Core.Search;
using Puzzle.Core.Search.Baselines;
using Puzzle.Core.Stitching;

namespace Puzzle.Core.Healing;

/// <summary>Stage heal: the whole child learns from the whole parent (paper section 4.3); the step with the best validation KL is kept, or the best on the recipe's validation tasks.</summary>
/// <param name="validation">For a run, what scores models on its validation tasks, the more the better; null where it has none.</param>
public sealed class HealStage(Func<RunContext, Func<Models.Transformer, double>?> validation) : IStage
{
    private static readonly TimeSpan s_probe = TimeSpan.FromSeconds(8);

    /// <inheritdoc/>
    public string Name => "heal";

    /// <inheritdoc/>
    public string Purpose => "distil the whole parent into the whole child";

    /// <inheritdoc/>
    public int Version => 2;

    /// <inheritdoc/>
    public IReadOnlyList<string> Needs => ["distill", "couple", "solve", "stitch"];

    /// <inheritdoc/>
    public void AddInputs(ContentKey key, RunContext run)
    {
        key.Add("parent", run.ParentHash).Add("heal", run.Recipe.Heal with { CheckpointMinutes = 1 }).Add("dtype", run.Recipe.Stitch.Dtype)
            .Add("text", run.Texts.Key).Add("seed", run.Recipe.Seed);
        var evaluate = run.Recipe.Evaluate;
        if (evaluate.ValidationTasks.Count == 0)
            return;
        key.Add("questions", new { evaluate.ValidationTasks, evaluate.Limit, evaluate.NumFewshot, evaluate.ApplyChatTemplate });
        foreach (var path in evaluate.Sources(evaluate.ValidationTasks))
            key.AddFiles($"questions {path}", path);
    }

    /// <inheritdoc/>
    public void Check(RunContext run) => validation(run);

    /// <inheritdoc/>
    public StageEstimate Estimate(RunContext run)
    {
        var heal = run.Recipe.Heal;
        var time = heal.Minutes is { } minutes ? TimeSpan.FromMinutes(minutes) : StageCost.Seconds(run, heal.Tokens ?? 0, passes: 4);
        return new(time, 5 * StageCost.ModelBytes(run), 7 * StageCost.ModelBytes(run));
    }

    /// <inheritdoc/>
    public void Run(StageContext stage)
    {
        var run = stage.Run;
        var heal = run.Recipe.Heal;
        var batch = (int)Math.Max(1, heal.TokensPerStep / run.Texts.Train.Length);
        var budget = TokenBudget.Settle(stage, "budget", heal, 0, () => MeasureSpeed(stage, batch));
        HealOne(stage, StitchStage.ChildFolder, () => LoadStitched(stage), budget.Tokens, batch);
        if (heal.Baselines.Count == 0)
            return;
        var solved = AtomicFile.ReadJson<SolveResult>(stage.FileOf("solve", SolveStage.ResultFile));
        foreach (var baseline in heal.Baselines.Distinct())
        {
            var name = BaselineSearch.NameOf(baseline);
            if (solved.Baselines.FirstOrDefault(found => found.Name == name) is { Layers.Count: > 0 } found)
                HealOne(stage, BaselineSearch.FolderOf(baseline), () => StitchStage.Stitch(run, found.Layers), budget.Tokens, batch);
            else
                stage.Progress.Warn($"baseline {name} has no architecture within the limits (or is not among solve.baselines); it is left out");
        }
    }

    // One model a unit: the child, then each baseline, all with the same tokens in the same order.
    private void HealOne(StageContext stage, string name, Func<Transformer> load, long tokens, int batch)
    {
        var run = stage.Run;
        var folder = stage.File(name);
        var unit = stage.Unit($"{name}-healed", new ContentKey().Add("stage", stage.Key).Add("tokens", tokens));
        if (unit.IsDone && File.Exists(Path.Combine(folder, "config.json")))
            return;
        stage.Progress.Note($"healing {name}");
        using var child = load();
        var record = tokens > 0 ? Train(stage, name, child, tokens, batch) : new HealRecord();
        ChildFiles.Write(folder, child, run.Parent, TypeOf(run));
        unit.Done(record);
        stage.States($"states-{name}", new ContentKey()).Clear();
    }

    private static StoredType TypeOf(RunContext run) => run.Recipe.Stitch.Dtype switch
    {
        WeightsType.F32 => StoredType.F32,
        WeightsType.F16 => StoredType.F16,
        WeightsType.BF16 => StoredType.BF16,
        null => ChildFiles.TypeOf(run.Parent),
        var other => throw new Errors.RecipeException($"stitch.dtype: {other} is a type of GGUF files; the child's folder takes f32, f16 or bf16 (see export.formats)"),
    };

    private HealRecord Train(StageContext stage, string name, Transformer child, long tokens, int batch)
    {
        var run = stage.Run;
        var heal = run.Recipe.Heal;
        using var trainer = new GlobalDistiller(child, run.ParentModel, run.Texts.Train, Options(heal, tokens, batch), cache: Cache(stage));
        using var judge = new ValidationJudge(run, heal.EvaluateTokens, validation(run));
        var states = stage.States($"states-{name}", new ContentKey().Add("stage", stage.Key).Add("tokens", tokens));
        var loop = new HealLoop(child, trainer);
        if (states.Latest() is { } saved)
            loop.Load(saved.Folder);
        else
            loop.Look(judge);
        // Curves of a baseline get names of their own.
        var prefix = name == StitchStage.ChildFolder ? "" : name + "_";
        stage.Progress.Count(tokens, "tokens", trainer.Step * batch * run.Texts.Train.Length, name);
        var sinceSave = System.Diagnostics.Stopwatch.StartNew();
        while (trainer.Step < trainer.Steps && !(heal.Patience > 0 && loop.Record.LooksWithoutGain >= heal.Patience))
        {
            if (stage.Cancellation.IsCancellationRequested)
                states.Save(trainer.Step, loop.Save);
            stage.Cancellation.ThrowIfCancellationRequested();
            var step = trainer.TrainStep();
            stage.Progress.Advance(Math.Min(tokens, step.Tokens), step.Kl);
            if (step.Step % 10 == 0 || step.Step == step.Steps)
                stage.Metric(step.Step, (prefix + "kl", step.Kl), (prefix + "cosine", step.Cosine), (prefix + "learning_rate", step.LearningRate));

            // Every N steps: look at the validation text, keep the best weights.
            if (step.Step % heal.EvaluateEvery == 0 || step.Step == step.Steps)
            {
                var (kl, tasks) = loop.Look(judge);
                stage.Metric(step.Step, (prefix + "validation_kl", kl));
                if (tasks is { } score)
                    stage.Metric(step.Step, (prefix + "validation_tasks", score));
            }

            // Every few minutes: save everything that a resumed run needs.
            if (sinceSave.Elapsed.TotalMinutes >= heal.CheckpointMinutes)
            {
                states.Save(trainer.Step, loop.Save);
                sinceSave.Restart();
            }
        }

        stage.Progress.Note($"validation KL {loop.Record.Before:0.0000} before, {loop.Record.Best:0.0000} after (step {loop.Record.BestStep} of {trainer.Steps}){(loop.Record is { TasksBefore: { } tasksBefore, TasksBest: { } tasksBest } ? $"; validation tasks {tasksBefore:0.000} before, {tasksBest:0.000} after" : "")}");
        loop.TakeBest();
        return loop.Record with { Steps = trainer.Step, Tokens = trainer.Step * batch * run.Texts.Train.Length };
    }

    // Kept beside the run's text, for all children of the run; the parent is in the name.
    private static TeacherCache? Cache(StageContext stage) => !stage.Recipe.Heal.CacheTeacher ? null :
        new(stage.Run.ParentModel, Path.Combine(stage.Run.Folder.Path, "data", $"teacher-{stage.Run.ParentHash[..8]}"), stage.Recipe.Heal.CosineWeight == 0);

    private static Transformer LoadStitched(StageContext stage)
    {
        using var checkpoint = CheckpointFile.Open(stage.FileOf("stitch", StitchStage.ChildFolder));
        return ModelLoader.Load(checkpoint, stage.Run.Device);
    }

    private static double MeasureSpeed(StageContext stage, int batch)
    {
        var run = stage.Run;
        using var child = LoadStitched(stage);
        var tokensPerStep = (long)batch * run.Texts.Train.Length;
        using var trainer = new GlobalDistiller(child, run.ParentModel, run.Texts.Train, Options(run.Recipe.Heal, tokensPerStep * 1000, batch));
        trainer.TrainStep();
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var steps = 0;
        while (watch.Elapsed < s_probe || steps < 2)
        {
            trainer.TrainStep();
            steps++;
        }

        return steps * tokensPerStep / watch.Elapsed.TotalSeconds;
    }

    private static HealOptions Options(HealSection heal, long tokens, int batch) => new()
    {
        Tokens = tokens,
        BatchWindows = batch,
        Accumulate = heal.Accumulate,
        LearningRate = heal.LearningRate,
        FinalRate = heal.FinalLearningRate,
        WarmupFraction = heal.Warmup,
        WeightDecay = heal.WeightDecay,
        ClipNorm = heal.Clip,
        CosineWeight = heal.CosineWeight,
        KlWeight = heal.KlWeight,
        LmWeight = heal.LmWeight,
        Temperature = heal.Temperature,
        ChunkTokens = heal.ChunkTokens,
        Beta1 = heal.Beta1,
        Beta2 = heal.Beta2,
    };
}
