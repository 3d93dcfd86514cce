using Puzzle.Core.Library;
using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Scoring;

/// <summary>Stage score: how much the whole model suffers when one subblock is replaced (paper section 4.2), a layer a unit of work.</summary>
/// <param name="tasks">Makes what scores by the recipe's task.</param>
public sealed class ScoreStage(Func<RunContext, ITaskScorer> tasks) : IStage
{
    /// <summary>The file of the stage's result.</summary>
    public const string TableFile = "scores.json";

    private const int VariantsAtOnce = 4;

    /// <inheritdoc/>
    public string Name => "score";

    /// <inheritdoc/>
    public string Purpose => "replace one subblock at a time and compare the model with the parent";

    /// <inheritdoc/>
    public int Version => 2;

    /// <inheritdoc/>
    public IReadOnlyList<string> Needs => ["distill"];

    /// <inheritdoc/>
    public void AddInputs(ContentKey key, RunContext run)
    {
        key.Add("parent", run.ParentHash).Add("score", run.Recipe.Score with { Rescore = true })
            .Add("choices", run.Choices).Add("text", run.Texts.Key).Add("seed", run.Recipe.Seed);
        if (run.Recipe is not { Score: { Metric: ScoreMetric.Task, Task: { } task }, Evaluate: var evaluate })
            return;
        key.Add("questions", new { evaluate.NumFewshot, evaluate.Limit, evaluate.ApplyChatTemplate });
        foreach (var path in evaluate.Sources([task]))
            key.AddFiles($"questions {path}", path);
    }

    /// <inheritdoc/>
    public void Check(RunContext run)
    {
        if (run.Recipe.Score.Metric == ScoreMetric.Task)
            tasks(run);
    }

    /// <inheritdoc/>
    public StageEstimate Estimate(RunContext run)
    {
        var variants = run.Choices.Sum(choices => choices.Others.Count);
        // Half of the layers behind a replaced one, on average.
        return new(StageCost.Seconds(run, run.Recipe.Score.Tokens, passes: 1 + variants / 2.0), 1 << 20,
            StageCost.ModelBytes(run) + 2L * run.Recipe.Score.Tokens * run.Parent.Config.HiddenSize * sizeof(float) * run.Parent.Config.Layers.Count);
    }

    /// <inheritdoc/>
    public void Run(StageContext stage)
    {
        var run = stage.Run;
        var library = VariantFiles.Of(run, "distill");
        var total = run.Choices.Sum(choices => choices.Others.Count);
        var scores = new List<SubblockScore>();
        stage.Progress.Count(total, "variants");
        using var scorer = new Lazily<ReplaceOneBlock>(() => Scorer(run, tasks));
        for (var layer = 0; layer < run.Choices.Count; layer++)
        {
            stage.Cancellation.ThrowIfCancellationRequested();
            var unit = stage.Unit(VariantFiles.Layer(layer), new ContentKey().Add("stage", stage.Key).Add("layer", layer));
            if (!unit.IsDone)
                unit.Done(Score(scorer.Value, library, layer, run.Choices[layer].Others, stage));
            scores.AddRange(unit.ReadRecord<List<SubblockScore>>());
            stage.Progress.Advance(scores.Count, what: $"layer {layer}");
        }

        var pairs = Pairs(stage, scorer, library);
        var alone = stage.Unit("parent", new ContentKey().Add("stage", stage.Key));
        if (!alone.IsDone)
            alone.Done(scorer.Value.Unchanged);
        AtomicFile.WriteJson(stage.File(TableFile), new ScoreTable
        {
            Metric = run.Recipe.Score.Metric,
            Tokens = run.Recipe.Score.Tokens,
            ParentLoss = alone.ReadRecord<Comparison>().LmLoss,
            ParentTask = alone.ReadRecord<Comparison>().Task,
            Subblocks = scores,
            Pairs = pairs,
            Exponent = BlockComposition.Fit(scores, pairs),
        });
    }

    /// <summary>The scorer of a run: the parent, on the validation windows of the recipe, and on its task where that counts.</summary>
    /// <param name="run">The run.</param>
    /// <param name="tasks">Makes what scores by the recipe's task.</param>
    public static ReplaceOneBlock Scorer(RunContext run, Func<RunContext, ITaskScorer> tasks)
    {
        var (ids_WT, afterLast) = Windows(run);
        using (ids_WT)
            return new ReplaceOneBlock(run.ParentModel, ids_WT, afterLast, tasks: run.Recipe.Score.Metric == ScoreMetric.Task ? tasks(run) : null);
    }

    /// <summary>The validation windows that scores are computed on, and the token behind them.</summary>
    public static (TorchSharp.torch.Tensor Ids_WT, long AfterLast) Windows(RunContext run) =>
        run.Texts.ValidationWindows(run.Recipe.Score.Tokens, run.Recipe.Score.SequenceLength ?? run.Recipe.Data.SequenceLength);

    private static List<SubblockScore> Score(ReplaceOneBlock scorer, VariantLibrary library, int layer, IReadOnlyList<SubblockSpec> specs, StageContext stage)
    {
        var scores = new List<SubblockScore>();
        foreach (var group in specs.Chunk(VariantsAtOnce))
        {
            stage.Cancellation.ThrowIfCancellationRequested();
            var subblocks = Array.ConvertAll(group, spec => library.Read(layer, spec, stage.Run.Device));
            scores.AddRange(scorer.ScoreAll(layer, subblocks));
            foreach (var subblock in subblocks)
                subblock.Dispose();
        }

        return scores;
    }

    // Pairs in which both subblocks are replaced: a few to fit the norm that composes two scores, or all of them.
    private static List<BlockScore> Pairs(StageContext stage, Lazily<ReplaceOneBlock> scorer, VariantLibrary library)
    {
        var run = stage.Run;
        var all = run.Choices.SelectMany((choices, layer) => choices.Attention.Skip(1).SelectMany(a => choices.FeedForward.Skip(1).Select(f => (layer, a, f)))).ToArray();
        var wanted = run.Recipe.Score.Mode == ScoreMode.Pairs ? all.Length : Math.Min(all.Length, run.Recipe.Score.FitPairs);
        // Evenly spread with a stride that visits all layers and variants in turn.
        var chosen = wanted == all.Length ? all : [.. Enumerable.Range(0, wanted).Select(i => all[(long)i * all.Length / wanted])];
        var pairs = new List<BlockScore>();
        stage.Progress.Count(chosen.Length, "pairs", what: "pairs");
        foreach (var group in chosen.GroupBy(pair => pair.layer))
        {
            var unit = stage.Unit($"pairs-{VariantFiles.Layer(group.Key)}", new ContentKey().Add("stage", stage.Key).Add("pairs", group.Select(pair => new LayerSpec(pair.a, pair.f)).ToArray()));
            if (!unit.IsDone)
                unit.Done(group.Select(pair => scorer.Value.Score(library, pair.layer, new LayerSpec(pair.a, pair.f), run.Device)).ToList());
            pairs.AddRange(unit.ReadRecord<List<BlockScore>>());
            stage.Progress.Advance(pairs.Count);
            stage.Cancellation.ThrowIfCancellationRequested();
        }

        return pairs;
    }
}
