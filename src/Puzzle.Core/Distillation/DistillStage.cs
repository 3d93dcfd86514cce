using Puzzle.Core.Initialisation;
using Puzzle.Core.Library;
using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;
using Puzzle.Core.Variants;
using static TorchSharp.torch;

namespace Puzzle.Core.Distillation;

/// <summary>Stage distill: every variant learns to do what its parent block does (paper section 3), a layer a unit of work.</summary>
public sealed class DistillStage : IStage
{
    // Tokens that judge the children while they are trained.
    private const int HeldTokens = 8_192;

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
        var budget = TokenBudget.Settle(stage, "budget", settings, DefaultTokens(run), () => MeasureSpeed(stage, batch));
        stage.Progress.Count(layers * budget.Tokens, "tokens");
        var units = Enumerable.Range(0, layers).Select(layer => stage.Unit(VariantFiles.Layer(layer), new ContentKey().Add("stage", stage.Key).Add("layer", layer).Add("tokens", budget.Tokens))).ToArray();
        var first = Array.FindIndex(units, unit => !unit.IsDone);
        if (first < 0)
            return;
        if (budget.Tokens == 0)
        {
            foreach (var (unit, layer) in units.Select((unit, layer) => (unit, layer)).Where(unit => !unit.unit.IsDone))
                Keep(run, unit, layer);
            return;
        }

        using var train_WT = run.Texts.Stream(budget.Tokens);
        using var held_WT = run.Texts.ValidationWindows(HeldTokens, (int)length).Ids_WT;
        using var ids_WT = cat([train_WT, held_WT]);
        using var counts_WT = run.Texts.Counts(train_WT) is { } counts ? cat([counts, ones_like(held_WT, ScalarType.Float32)]) : null;
        var folder = OnDisk(run, ids_WT.numel()) ? Path.Combine(stage.Folder, "stream-" + new ContentKey().Add("stage", stage.Key).Add("tokens", budget.Tokens).ToString()[..8]) : null;
        var options = Options(settings, budget.Tokens, batch);
        using (var stream = new ParentStream(parent, ids_WT, counts_WT, folder, first))
        {
            do
            {
                stage.Cancellation.ThrowIfCancellationRequested();
                var layer = stream.Layer;
                if (units[layer].IsDone)
                    stream.Pass(stage.Cancellation);
                else
                    Distill(stage, units[layer], stream, held_WT.shape[0], options, layer * budget.Tokens);
                stage.Progress.Advance((layer + 1) * budget.Tokens, what: $"layer {layer}");
            }
            while (stream.Advance());
        }

        if (folder is not null)
            Directory.Delete(folder, recursive: true);
    }

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

    // The stream may have half of what the recipe (or the machine) allows; the rest is the parent, the children and what they compute.
    private static bool OnDisk(RunContext run, long tokens)
    {
        var gib = run.Recipe.Distill.MemoryGib ?? Telemetry.ProcessMemory.Available / 2.0 / 1073741824 ?? 2;
        return StageCost.ModelBytes(run) + ParentStream.Bytes(run.ParentModel, tokens) > gib * 1073741824 / 2;
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
