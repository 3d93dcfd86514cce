using Puzzle.Core.Checkpoints;
using Puzzle.Core.Library;
using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;
using Puzzle.Core.Scoring;
using Puzzle.Core.Stitching;

namespace Puzzle.Core.Healing;

/// <summary>Stage heal: the whole child learns from the whole parent (paper section 4.3); the step with the best validation KL is kept.</summary>
public sealed class HealStage : IStage
{
    /// <summary>What the stage says of its training.</summary>
    public const string RecordFile = "heal.json";

    private static readonly TimeSpan s_probe = TimeSpan.FromSeconds(8);

    /// <inheritdoc/>
    public string Name => "heal";

    /// <inheritdoc/>
    public string Purpose => "distil the whole parent into the whole child";

    /// <inheritdoc/>
    public int Version => 1;

    /// <inheritdoc/>
    public IReadOnlyList<string> Needs => ["stitch"];

    /// <inheritdoc/>
    public void AddInputs(ContentKey key, RunContext run) => key
        .Add("parent", run.ParentHash).Add("heal", run.Recipe.Heal with { CheckpointMinutes = 1 }).Add("dtype", run.Recipe.Stitch.Dtype)
        .Add("text", run.Texts.Key).Add("seed", run.Recipe.Seed);

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
        var child = Load(stage);
        try
        {
            var record = new HealRecord();
            if (budget.Tokens > 0)
                (child, record) = Train(stage, child, budget.Tokens, batch);
            var type = run.Recipe.Stitch.Dtype switch
            {
                WeightsType.F32 => StoredType.F32,
                WeightsType.F16 => StoredType.F16,
                WeightsType.BF16 => StoredType.BF16,
                null => ChildFiles.TypeOf(run.Parent),
                var other => throw new Errors.RecipeException($"stitch.dtype: {other} is a type of GGUF files; the child's folder takes f32, f16 or bf16 (see export.formats)"),
            };
            ChildFiles.Write(stage.File(StitchStage.ChildFolder), child, run.Parent, type);
            AtomicFile.WriteJson(stage.File(RecordFile), record);
            stage.States("states", new ContentKey()).Clear();
        }
        finally
        {
            child.Dispose();
        }
    }

    private static (Transformer Child, HealRecord Record) Train(StageContext stage, Transformer child, long tokens, int batch)
    {
        var run = stage.Run;
        var heal = run.Recipe.Heal;
        using var trainer = new GlobalDistiller(child, run.ParentModel, run.Texts.Train, Options(heal, tokens, batch));
        using var judge = new ValidationJudge(run, heal.EvaluateTokens);
        var states = stage.States("states", new ContentKey().Add("stage", stage.Key).Add("tokens", tokens));
        var loop = new HealLoop(child, trainer);
        if (states.Latest() is { } saved)
            loop.Load(saved.Folder);
        else
            loop.Look(judge);
        stage.Progress.Count(tokens, "tokens", trainer.Step * batch * run.Texts.Train.Length);
        var sinceSave = System.Diagnostics.Stopwatch.StartNew();
        while (trainer.Step < trainer.Steps && !(heal.Patience > 0 && loop.Record.LooksWithoutGain >= heal.Patience))
        {
            if (stage.Cancellation.IsCancellationRequested)
                states.Save(trainer.Step, loop.Save);
            stage.Cancellation.ThrowIfCancellationRequested();
            var step = trainer.TrainStep();
            stage.Progress.Advance(Math.Min(tokens, step.Tokens), step.Kl);
            if (step.Step % 10 == 0 || step.Step == step.Steps)
                stage.Metric(step.Step, ("kl", step.Kl), ("cosine", step.Cosine), ("learning_rate", step.LearningRate));

            // Every N steps: look at the validation text, keep the best weights.
            if (step.Step % heal.EvaluateEvery == 0 || step.Step == step.Steps)
                stage.Metric(step.Step, ("validation_kl", loop.Look(judge)));

            // Every few minutes: save everything that a resumed run needs.
            if (sinceSave.Elapsed.TotalMinutes >= heal.CheckpointMinutes)
            {
                states.Save(trainer.Step, loop.Save);
                sinceSave.Restart();
            }
        }

        stage.Progress.Note($"validation KL {loop.Record.Before:0.0000} before, {loop.Record.Best:0.0000} after (step {loop.Record.BestStep} of {trainer.Steps})");
        loop.TakeBest();
        return (child, loop.Record with { Steps = trainer.Step, Tokens = trainer.Step * batch * run.Texts.Train.Length });
    }

    private static Transformer Load(StageContext stage)
    {
        using var checkpoint = CheckpointFile.Open(stage.FileOf("stitch", StitchStage.ChildFolder));
        return ModelLoader.Load(checkpoint, stage.Run.Device);
    }

    private static double MeasureSpeed(StageContext stage, int batch)
    {
        var run = stage.Run;
        using var child = Load(stage);
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
        LearningRate = heal.LearningRate,
        FinalRate = heal.FinalLearningRate,
        WarmupFraction = heal.Warmup,
        WeightDecay = heal.WeightDecay,
        ClipNorm = heal.Clip,
        CosineWeight = heal.CosineWeight,
        KlWeight = heal.KlWeight,
        LmWeight = heal.LmWeight,
        Temperature = heal.Temperature,
    };
}
