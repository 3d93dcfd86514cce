using Puzzle.Core.Initialisation;
using Puzzle.Core.Library;
using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Distillation;

/// <summary>Stage distill: every variant learns to do what its parent block does (paper section 3), each for itself, a layer a unit of work.</summary>
public sealed class DistillStage : IStage
{
    private const string Budget = "budget";

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
        .Add("parent", run.ParentHash).Add("distill", run.Recipe.Distill with { CheckpointMinutes = 1, Mode = DistillMode.Decoupled, Shrink = new() })
        .Add("choices", run.Choices).Add("text", run.Texts.Key).Add("seed", run.Recipe.Seed);

    /// <inheritdoc/>
    public StageEstimate Estimate(RunContext run)
    {
        var variants = run.Choices.Average(choices => choices.WithWeights.Count);
        var tokens = run.Recipe.Distill.Tokens ?? DefaultTokens(run);
        var time = run.Recipe.Distill.Minutes is { } minutes ? TimeSpan.FromMinutes(minutes) : StageCost.Seconds(run, tokens, passes: 1 + variants);
        return new(time, run.LibraryBytes, StageCost.ModelBytes(run) + Math.Min(2 * tokens * run.Parent.Config.HiddenSize * sizeof(float), StageCost.ModelBytes(run)));
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
        var budget = TokenBudget.Settle(stage, Budget, settings, DefaultTokens(run), () => MeasureSpeed(stage, batch));
        stage.Progress.Count(layers * budget.Tokens, "tokens");
        var units = Enumerable.Range(0, layers).Select(layer => stage.Unit(VariantFiles.Layer(layer), new ContentKey().Add("stage", stage.Key).Add("layer", layer).Add("tokens", budget.Tokens))).ToArray();
        if (budget.Tokens == 0)
        {
            foreach (var (unit, layer) in units.Select((unit, layer) => (unit, layer)).Where(unit => !unit.unit.IsDone))
                Keep(run, unit, layer);
            return;
        }

        var options = Options(settings, budget.Tokens, batch);
        LayerWalk.Run(stage, budget.Tokens, units, (stream, held) => Distill(stage, units[stream.Layer], stream, held, options, stream.Layer * budget.Tokens));
    }

    /// <summary>Tokens that the variants of a run are trained on, where that is settled.</summary>
    internal static long TokensOf(RunContext run) =>
        run.Recipe.Distill.Tokens?.Value ?? TokenBudget.Settled(run.Folder, "distill", Budget)?.Tokens ?? DefaultTokens(run);

    private static void Distill(StageContext stage, WorkUnit unit, ParentStream stream, long held, DistillOptions options, long before)
    {
        var run = stage.Run;
        var layer = stream.Layer;
        var started = Started(run, layer);
        try
        {
            var tokensPerStep = options.BatchWindows * stream.Length;
            var distilled = BlockDistiller.Distill(run.ParentModel, stream, held, started, options, (step, steps, loss) =>
            {
                stage.Progress.Advance(before + Math.Min(options.Tokens, step * tokensPerStep), loss, $"layer {layer}");
                if (step % Math.Max(1, steps / 20) == 0 || step == steps)
                    stage.Metric(layer * steps + step, ($"layer_{layer:00}", loss));
            }, stage.Cancellation);
            LayerFile.Write(unit.File(".safetensors"), [.. distilled.Select(variant => variant.Subblock)]);
            unit.Done(distilled.ToDictionary(variant => variant.Subblock.Spec.Id, variant => new DistillRecord(variant.Before, variant.After, variant.Trained)));
        }
        finally
        {
            foreach (var variant in started)
                variant.Subblock.Dispose();
        }
    }

    // Without training the library is that of init.
    private static void Keep(RunContext run, WorkUnit unit, int layer)
    {
        var started = Started(run, layer);
        LayerFile.Write(unit.File(".safetensors"), [.. started.Select(variant => variant.Subblock)]);
        unit.Done(started.ToDictionary(variant => variant.Subblock.Spec.Id, variant => new DistillRecord(variant.Error, variant.Error, false)));
        foreach (var variant in started)
            variant.Subblock.Dispose();
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

    /// <summary>What a recipe says, for a number of tokens.</summary>
    internal static DistillOptions Options(DistillSection settings, long tokens, int batch) => new()
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
        ElasticWidths = settings.Elastic ? settings.ElasticWidths : 0,
        EvaluateEvery = settings.EvaluateEvery,
        Patience = settings.Patience,
        ClipNorm = settings.Clip,
        PerToken = settings.Loss == BlockLoss.MsePerToken,
        BlockTarget = settings.Target == BlockTarget.Block,
        GoodEnough = settings.GoodEnough,
    };

    private static long DefaultTokens(RunContext run) => Math.Max(65_536, 4 * run.Recipe.Init.Tokens);
}

/// <summary>What became of a variant of the library.</summary>
/// <param name="Before">Held-out loss of its start.</param>
/// <param name="After">Held-out loss after training.</param>
/// <param name="Trained">Whether it was trained at all.</param>
public sealed record DistillRecord(double Before, double After, bool Trained);
