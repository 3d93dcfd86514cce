using Puzzle.Core.Library;
using Puzzle.Core.Measurement;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;
using Puzzle.Core.Scoring;
using Puzzle.Core.Search;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Distillation;

/// <summary>
/// Stage couple: pairs of subblocks are trained together as blocks (paper section 3), starting from what they learned for
/// themselves, and scored. With <c>two_stage</c> (paper F.1.1) a first search says which: those that its solutions use. A layer is a unit of work.
/// </summary>
/// <param name="tasks">Makes what scores by the recipe's task.</param>
public sealed class CoupleStage(Func<RunContext, ITaskScorer> tasks) : IStage
{
    /// <inheritdoc/>
    public string Name => VariantFiles.CoupleStage;

    /// <inheritdoc/>
    public string Purpose => "train pairs of subblocks together, where distill.mode asks for it";

    /// <inheritdoc/>
    public int Version => 1;

    /// <inheritdoc/>
    public IReadOnlyList<string> Needs => ["distill", "score", "measure"];

    /// <inheritdoc/>
    public void AddInputs(ContentKey key, RunContext run)
    {
        var recipe = run.Recipe;
        key.Add("mode", recipe.Distill.Mode);
        if (recipe.Distill.Mode == DistillMode.Decoupled)
            return;
        key.Add("parent", run.ParentHash).Add("distill", recipe.Distill with { CheckpointMinutes = 1 }).Add("choices", run.Choices)
            .Add("score", recipe.Score with { Rescore = true }).Add("text", run.Texts.Key).Add("seed", recipe.Seed);
        if (recipe.Distill.Mode == DistillMode.TwoStage)
            key.Add("target", recipe.Target).Add("solve", recipe.Solve).Add("targets", recipe.Export.Targets).Add("linear_ffn", recipe.Export.LinearFfn).Add("served", new { recipe.Measure.Weights, recipe.Measure.Cache });
    }

    /// <inheritdoc/>
    public StageEstimate Estimate(RunContext run)
    {
        var settings = run.Recipe.Distill;
        if (settings.Mode == DistillMode.Decoupled)
            return new(TimeSpan.Zero, 0);
        var pairs = settings.Mode == DistillMode.Coupled ? PairChoice.All(run.Choices).Average(layer => layer.Count) : (settings.Shrink.Attention * settings.Shrink.Ffn) / 2.0;
        var tokens = settings.Shrink.Tokens?.Value ?? DistillStage.TokensOf(run);
        return new(StageCost.Seconds(run, tokens, passes: 1 + 3 * pairs), (long)(pairs * StageCost.ModelBytes(run)), 2 * StageCost.ModelBytes(run));
    }

    /// <inheritdoc/>
    public void Run(StageContext stage)
    {
        var run = stage.Run;
        var settings = run.Recipe.Distill;
        if (settings.Mode == DistillMode.Decoupled)
        {
            AtomicFile.WriteJson(stage.File(CoupleTable.File), new CoupleTable { Pairs = [] });
            return;
        }

        var pairs = Pairs(stage);
        var count = pairs.Sum(layer => layer.Count);
        stage.Progress.Note(count == 0 ? "no pair to train together: solutions change at most one subblock of a layer" : $"{count} pairs in {pairs.Count(layer => layer.Count > 0)} layers");
        var tokens = settings.Shrink.Tokens?.Value ?? DistillStage.TokensOf(run);
        var options = DistillStage.Options(settings, tokens, (int)Math.Max(1, settings.TokensPerStep / run.Texts.Train.Length));
        var units = pairs.Select((layer, i) => layer.Count == 0 ? null : stage.Unit(VariantFiles.Layer(i), new ContentKey().Add("stage", stage.Key).Add("layer", i).Add("tokens", tokens).Add("pairs", layer))).ToArray();
        stage.Progress.Count(pairs.Length * tokens, "tokens");
        if (tokens > 0)
            LayerWalk.Run(stage, tokens, units, (stream, held) => Train(stage, units[stream.Layer]!, pairs[stream.Layer], stream, held, options));
        AtomicFile.WriteJson(stage.File(CoupleTable.File), new CoupleTable { Tokens = tokens, Pairs = tokens > 0 ? Score(stage, pairs, units) : [] });
    }

    // What the first search chose is kept: a search with a time limit could choose otherwise after a kill.
    private static IReadOnlyList<LayerSpec>[] Pairs(StageContext stage)
    {
        var run = stage.Run;
        if (run.Recipe.Distill.Mode == DistillMode.Coupled)
            return PairChoice.All(run.Choices);
        var unit = stage.Unit("shrunk", new ContentKey().Add("stage", stage.Key));
        if (!unit.IsDone)
            unit.Done(PairChoice.Used(run.Choices, FirstSearch(stage), run.Recipe.Distill.Shrink));
        return unit.ReadRecord<List<LayerSpec>[]>();
    }

    private static List<IReadOnlyList<LayerSpec>> FirstSearch(StageContext stage)
    {
        var (run, recipe, parent) = (stage.Run, stage.Recipe, stage.Run.Parent.Config);
        var scores = AtomicFile.ReadJson<ScoreTable>(stage.FileOf("score", ScoreStage.TableFile));
        var costPath = stage.FileOf("measure", MeasureStage.TableFile);
        var costs = CostTable.FromJson(File.ReadAllText(costPath), costPath);
        var library = new LibraryProblem(parent, run.Choices, scores, costs, new MemoryModel(recipe.Measure.Weights, recipe.Measure.Cache), recipe.Target.Scenarios);
        var query = TargetQuery.Of(recipe, parent, costs) with { SolutionCount = recipe.Distill.Shrink.Solutions };
        return [.. ExactSolver.SolvePool(library.Build(), query, stage.Cancellation).Select(solution => (IReadOnlyList<LayerSpec>)[.. solution.Choice.Select(item => item.Layers![0])])];
    }

    private static void Train(StageContext stage, WorkUnit unit, IReadOnlyList<LayerSpec> specs, ParentStream stream, long held, DistillOptions options)
    {
        var (run, layer) = (stage.Run, stream.Layer);
        var library = VariantFiles.Of(run, "distill");
        var pairs = specs.Select(spec => new CoupledPair(library.Read(layer, spec.Attention, run.Device), library.Read(layer, spec.FeedForward, run.Device))).ToArray();
        try
        {
            var results = CoupledDistiller.Distill(stream, held, pairs, options, (step, steps, loss) =>
            {
                stage.Progress.Advance((layer * options.Tokens) + Math.Min(options.Tokens, step * options.BatchWindows * stream.Length), loss, $"layer {layer}");
                if (step % Math.Max(1, steps / 20) == 0 || step == steps)
                    stage.Metric(layer * steps + step, ($"layer_{layer:00}", loss));
            }, stage.Cancellation);
            foreach (var (spec, pair) in specs.Zip(pairs))
                LayerFile.Write(unit.File(VariantFiles.PairExtension(spec)), [.. new[] { pair.Attention, pair.FeedForward }.Where(subblock => subblock.Parameters.Count > 0)]);
            unit.Done(specs.Zip(results).ToDictionary(pair => pair.First.ToString(), pair => new DistillRecord(pair.Second.Before, pair.Second.After, pair.Second.Trained)));
        }
        finally
        {
            foreach (var pair in pairs)
            {
                pair.Attention.Dispose();
                pair.FeedForward.Dispose();
            }
        }
    }

    private List<CoupledRecord> Score(StageContext stage, IReadOnlyList<LayerSpec>[] pairs, WorkUnit?[] units)
    {
        var run = stage.Run;
        var library = VariantFiles.Coupled(run);
        var records = new List<CoupledRecord>();
        using var scorer = new Lazily<ReplaceOneBlock>(() => ScoreStage.Scorer(run, tasks));
        stage.Progress.Count(pairs.Sum(layer => layer.Count), "pairs", what: "scoring");
        foreach (var (layer, specs) in pairs.Index().Where(layer => layer.Item.Count > 0))
        {
            var unit = stage.Unit($"scores-{VariantFiles.Layer(layer)}", new ContentKey().Add("stage", stage.Key).Add("layer", layer).Add("pairs", specs));
            if (!unit.IsDone)
                unit.Done(specs.Select(spec => scorer.Value.Score(library, layer, spec, run.Device)).ToList());
            stage.Cancellation.ThrowIfCancellationRequested();
            var trained = units[layer]!.ReadRecord<Dictionary<string, DistillRecord>>();
            records.AddRange(unit.ReadRecord<List<BlockScore>>().Select(score => (score, of: trained[score.Spec.ToString()])).Select(pair => new CoupledRecord(pair.score, pair.of.Before, pair.of.After, pair.of.Trained)));
            stage.Progress.Advance(records.Count);
        }

        return records;
    }
}
