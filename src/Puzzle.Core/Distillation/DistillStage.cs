using Puzzle.Core.Initialisation;
using Puzzle.Core.Library;
using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Distillation;

/// <summary>Stage distill: every variant learns to do what its parent block does (paper section 3), a layer a unit of work.</summary>
public sealed class DistillStage : IStage
{
    // The parent's activations of a layer are held for all windows at once, in three places.
    private const int HeldTensors = 3;

    /// <inheritdoc/>
    public string Name => "distill";

    /// <inheritdoc/>
    public string Purpose => "train every variant on the parent's activations, block by block";

    /// <inheritdoc/>
    public int Version => 2;

    /// <inheritdoc/>
    public IReadOnlyList<string> Needs => ["init"];

    /// <inheritdoc/>
    public void AddInputs(ContentKey key, RunContext run) => key
        .Add("parent", run.ParentHash).Add("distill", run.Recipe.Distill with { CheckpointMinutes = 1 })
        .Add("choices", run.Choices).Add("text", run.Texts.Key).Add("seed", run.Recipe.Seed);

    /// <inheritdoc/>
    public StageEstimate Estimate(RunContext run)
    {
        var variants = run.Choices.Average(choices => choices.WithWeights.Count);
        var tokens = run.Recipe.Distill.Tokens ?? DefaultTokens(run);
        var time = run.Recipe.Distill.Minutes is { } minutes ? TimeSpan.FromMinutes(minutes) : StageCost.Seconds(run, tokens, passes: 1 + variants);
        return new(time, run.LibraryBytes, StageCost.ModelBytes(run) + HeldTensors * HeldTokens(run, tokens) * run.Parent.Config.HiddenSize * sizeof(float));
    }

    /// <inheritdoc/>
    public void Run(StageContext stage)
    {
        var run = stage.Run;
        var parent = run.ParentModel;
        var settings = run.Recipe.Distill;
        var layers = parent.Blocks.Count;
        var length = run.Texts.Train.Length;
        var batch = (int)Math.Max(1, settings.TokensPerStep / length);
        var budget = TokenBudget.Settle(stage, "budget", settings, DefaultTokens(run), () => MeasureSpeed(stage, batch));
        using var ids_WT = run.Texts.Training(HeldTokens(run, budget.Tokens));
        var options = Options(settings, budget.Tokens, batch);
        stage.Progress.Count(layers * budget.Tokens, "tokens");
        using var counts_WT = run.Texts.Counts(ids_WT);
        using var activations = new ParentActivations(parent, ids_WT, counts_WT);
        do
        {
            stage.Cancellation.ThrowIfCancellationRequested();
            var layer = activations.Layer;
            var unit = stage.Unit(VariantFiles.Layer(layer), new ContentKey().Add("stage", stage.Key).Add("layer", layer).Add("tokens", budget.Tokens));
            if (!unit.IsDone)
                Distill(stage, unit, activations, options, layer * budget.Tokens);
            stage.Progress.Advance((layer + 1) * budget.Tokens, what: $"layer {layer}");
        }
        while (activations.Advance());
    }

    private static void Distill(StageContext stage, WorkUnit unit, ParentActivations activations, DistillOptions options, long before)
    {
        var run = stage.Run;
        var layer = activations.Layer;
        var started = Started(run, layer);
        var finished = new List<Subblock>();
        try
        {
            var tokensPerStep = options.BatchWindows * activations.Input_WTD.shape[1];
            IReadOnlyList<DistilledVariant> distilled = options.Tokens == 0 || started.Count == 0
                ? [.. started.Select(variant => new DistilledVariant(variant, variant.Subblock, variant.Error, variant.Error, false))]
                : BlockDistiller.Distill(run.ParentModel, activations, started, options, (step, steps, loss) =>
                {
                    stage.Progress.Advance(before + Math.Min(options.Tokens, step * tokensPerStep), loss, $"layer {layer}");
                    if (step % Math.Max(1, steps / 20) == 0 || step == steps)
                        stage.Metric(layer * steps + step, ($"layer_{layer:00}", loss));
                }, stage.Cancellation);
            finished.AddRange(distilled.Select(variant => variant.Subblock));
            LayerFile.Write(unit.File(".safetensors"), finished);
            unit.Done(distilled.ToDictionary(variant => variant.Subblock.Spec.Id, variant => new DistillRecord(variant.Before, variant.After, variant.Trained)));
        }
        finally
        {
            foreach (var subblock in finished.Count > 0 ? finished : started.Select(variant => variant.Subblock))
                subblock.Dispose();
        }
    }

    private static List<StartedVariant> Started(RunContext run, int layer)
    {
        var library = VariantFiles.Of(run, "init");
        var records = VariantFiles.Records<StartRecord>(run.Folder, "init", layer);
        return [.. run.Choices[layer].WithWeights.Where(spec => records.ContainsKey(spec.Id)).Select(spec =>
            new StartedVariant(layer, library.Read(layer, spec, run.Device), records[spec.Id].Start, records[spec.Id].Errors))];
    }

    // Tokens a second of one layer with all its variants, and from it of the whole stage: a layer trains on all tokens.
    private static double MeasureSpeed(StageContext stage, int batch)
    {
        var run = stage.Run;
        using var ids_WT = run.Texts.Training((long)batch * run.Texts.Train.Length * 2);
        using var activations = new ParentActivations(run.ParentModel, ids_WT);
        var started = Started(run, 0);
        var tokens = 4L * batch * run.Texts.Train.Length;
        BlockDistiller.Distill(run.ParentModel, activations, started, Options(run.Recipe.Distill, tokens / 4, batch));
        var watch = System.Diagnostics.Stopwatch.StartNew();
        foreach (var distilled in BlockDistiller.Distill(run.ParentModel, activations, started, Options(run.Recipe.Distill, tokens, batch)))
            distilled.Subblock.Dispose();
        return tokens / watch.Elapsed.TotalSeconds / run.ParentModel.Blocks.Count;
    }

    private static DistillOptions Options(DistillSection settings, long tokens, int batch) => new()
    {
        Tokens = tokens,
        BatchWindows = batch,
        LearningRate = settings.LearningRate,
        FinalRate = settings.FinalLearningRate,
        WarmupFraction = settings.Warmup,
        Beta1 = settings.Beta1,
        Beta2 = settings.Beta2,
        WeightDecay = settings.WeightDecay,
        Accumulate = settings.Accumulate,
        EvaluateEvery = settings.EvaluateEvery,
        Patience = settings.Patience,
        ClipNorm = settings.Clip,
        PerToken = settings.Loss == BlockLoss.MsePerToken,
        BlockTarget = settings.Target == BlockTarget.Block,
        GoodEnough = settings.GoodEnough,
    };

    private static long DefaultTokens(RunContext run) => Math.Max(65_536, 4 * run.Recipe.Init.Tokens);

    private static long HeldTokens(RunContext run, long tokens)
    {
        var gib = run.Recipe.Distill.MemoryGib ?? Telemetry.ProcessMemory.Available / 2.0 / 1073741824 ?? 2;
        var room = (long)(gib * 1073741824 * 0.6) / (HeldTensors * sizeof(float) * run.Parent.Config.HiddenSize);
        return Math.Clamp(tokens, 2 * run.Recipe.Data.SequenceLength, Math.Max(room, 4L * run.Recipe.Data.SequenceLength));
    }
}

/// <summary>What became of a variant of the library.</summary>
/// <param name="Before">Held-out loss of its start.</param>
/// <param name="After">Held-out loss after training.</param>
/// <param name="Trained">Whether it was trained at all.</param>
public sealed record DistillRecord(double Before, double After, bool Trained);
