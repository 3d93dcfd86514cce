using Puzzle.Core.Library;
using Puzzle.Core.Measurement;
using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;
using Puzzle.Core.Scoring;
using Puzzle.Core.Search.Baselines;
using Puzzle.Core.Search.Files;
using Puzzle.Core.Search.Rounds;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Search;

/// <summary>Stage solve: one variant a layer, the best within all limits, proven (paper appendix B).</summary>
public sealed class SolveStage : IStage
{
    /// <summary>The file of the stage's result.</summary>
    public const string ResultFile = "solution.json";

    /// <summary>The library with its scores and costs, as <c>puzzle solve --library</c> reads it.</summary>
    public const string LibraryResult = "library.json";

    private const int MostRescorings = 12;
    private const int SweepPoints = 24;

    /// <inheritdoc/>
    public string Name => "solve";

    /// <inheritdoc/>
    public string Purpose => "choose one variant a layer: the best quality within the limits";

    /// <inheritdoc/>
    public int Version => 2;

    /// <inheritdoc/>
    public IReadOnlyList<string> Needs => ["distill", "score", "measure"];

    /// <inheritdoc/>
    public void AddInputs(ContentKey key, RunContext run) => key
        .Add("calibration", Calibration(run) is { } calibration ? RecipeJson.Canonical(calibration) : "none")
        .Add("parent", run.ParentHash).Add("target", run.Recipe.Target).Add("solve", run.Recipe.Solve).Add("rescore", run.Recipe.Score.Rescore)
        .Add("targets", run.Recipe.Export.Targets).Add("served", new { run.Recipe.Measure.Weights, run.Recipe.Measure.Cache }).Add("seed", run.Recipe.Seed);

    /// <inheritdoc/>
    public StageEstimate Estimate(RunContext run) => new(StageCost.Seconds(run, run.Recipe.Score.Tokens, run.Recipe.Score.Rescore ? run.Parent.Config.Layers.Count : 0), 1 << 20);

    /// <inheritdoc/>
    public void Run(StageContext stage)
    {
        var run = stage.Run;
        var recipe = run.Recipe;
        var parent = run.Parent.Config;
        var scores = AtomicFile.ReadJson<ScoreTable>(stage.FileOf("score", ScoreStage.TableFile));
        var costPath = stage.FileOf("measure", MeasureStage.TableFile);
        var measured = CostTable.FromJson(File.ReadAllText(costPath), costPath);
        var calibration = Calibration(run);
        if (calibration is not null && (calibration.Engine != measured.Engine || calibration.Hardware != measured.Hardware))
        {
            stage.Progress.Warn($"{Measurement.Calibration.FileName} is of {calibration.Engine} on {calibration.Hardware}, the costs of {measured.Engine} on {measured.Hardware}: not used");
            calibration = null;
        }

        if (calibration is not null)
            stage.Progress.Note($"calibrated by the last child timed: prefill x {calibration.Child.Prefill:0.000}, decoding x {calibration.Child.Decode:0.000}; the parent x {calibration.Parent.Prefill:0.000} and x {calibration.Parent.Decode:0.000}");
        var (costs, parentCosts) = calibration is null ? (measured, measured) : (measured.Scaled(calibration.Child), measured.Scaled(calibration.Parent));
        var memory = new MemoryModel(recipe.Measure.Weights, recipe.Measure.Cache);
        var library = new LibraryProblem(parent, run.Choices, scores, costs, memory, recipe.Target.Scenarios);
        var query = TargetQuery.Of(recipe, parent, costs, parentCosts);
        var pool = SolveAndRescore(stage, library, query);
        var problem = library.Build();
        // For searches under other limits: puzzle solve --library, puzzle sweep.
        LibraryFile.Write(problem, stage.File(LibraryResult));
        var baselines = BaselineSearch.Run(problem, query, recipe.Solve.Baselines, (ulong)recipe.Seed, stage.Cancellation);
        var (best, rounds) = Measured(stage, problem, query, pool[0]);
        if (!ReferenceEquals(best, pool[0]))
            pool = [best, .. pool];
        foreach (var (solution, i) in pool.Select((solution, i) => (solution, i)))
            stage.Progress.Note($"solution {i + 1}: predicted score {solution.Objective:G6}, bound {solution.Bound:G6}, gap {solution.Gap:G3}, {solution.Seconds * 1000:0} ms");
        AtomicFile.WriteJson(stage.File(ResultFile), new SolveResult
        {
            Solutions = [.. pool.Select(solution => SolvedArchitecture.Of("solver", solution, recipe, parent, costs, memory))],
            Rounds = rounds,
            Sweep = Sweep(problem, query, stage.Cancellation),
            Parent = SolvedArchitecture.OfParent(recipe, parent, parentCosts, memory),
            Baselines = [.. baselines.Select(baseline => SolvedArchitecture.Of(baseline, recipe, parent, costs, memory))],
        });
    }

    private static Calibration? Calibration(RunContext run) => run.Recipe.Measure.Calibrate ? Measurement.Calibration.Find(run.Folder) : null;

    // Solutions put together and measured, where the recipe asks for it; the best by that comes first.
    private static (PuzzleSolution Best, IReadOnlyList<RoundRecord> Rounds) Measured(StageContext stage, PuzzleProblem problem, SearchQuery query, PuzzleSolution first)
    {
        var (run, solve) = (stage.Run, stage.Recipe.Solve);
        if (solve.Rounds == 0 && solve.Removal == RemovalMode.Independent)
            return (first, []);
        var library = VariantFiles.Of(run, "distill");
        var (ids_WT, afterLast) = ScoreStage.Windows(run);
        using (ids_WT)
        {
            using var realiser = new Realiser(run.ParentModel, (layer, spec) => library.Read(layer, spec, run.Device), ids_WT, afterLast);
            var search = new InteractionSearch(problem, query, run.Choices, realiser, run.Recipe.Score.Metric, record => stage.Progress.Note(
                $"round {record.Round} ({record.Way}): predicted {record.Predicted:G5}, true {record.True:G5}{(record.Best ? ", the best so far" : "")}"), stage.Cancellation);
            search.Start(first);
            if (solve.Removal == RemovalMode.Trajectory)
                search.Trajectory();
            search.Rounds(solve.Rounds);
            return (search.Best, search.Records);
        }
    }

    // What any other speed would have cost, in the first scenario and without other limits: the report's front.
    private static List<FrontPoint> Sweep(PuzzleProblem problem, SearchQuery query, CancellationToken cancellation)
    {
        var free = query with { Scenarios = [query.Scenarios[0] with { Limits = [] }], SolutionCount = 1 };
        return [.. ParetoSweep.Run(problem, free, "throughput", SweepPoints, cancellation: cancellation).Select(point => new FrontPoint(point.Reached, point.Solution.Objective))];
    }

    // Blocks that a solution uses are scored as they are, not as composed, and the search is repeated until nothing new comes up.
    private static IReadOnlyList<PuzzleSolution> SolveAndRescore(StageContext stage, LibraryProblem library, SearchQuery query)
    {
        var run = stage.Run;
        using var scorer = new Lazily<ReplaceOneBlock>(() => ScoreStage.Scorer(run));
        var variants = VariantFiles.Of(run, "distill");
        for (var round = 0; ; round++)
        {
            var pool = ExactSolver.SolvePool(library.Build(), query, stage.Cancellation);
            var open = pool.SelectMany(solution => solution.Choice).Select(item => (item.FirstLayer, Spec: item.Layers![0])).Distinct().Where(block => !library.IsExact(block.FirstLayer, block.Spec)).ToArray();
            if (!run.Recipe.Score.Rescore || open.Length == 0 || round == MostRescorings)
                return pool;
            stage.Progress.Count(open.Length, "blocks", what: $"scoring the solution's blocks, round {round + 1}");
            foreach (var (block, i) in open.Select((block, i) => (block, i)))
            {
                stage.Cancellation.ThrowIfCancellationRequested();
                var unit = stage.Unit($"blocks/{VariantFiles.Layer(block.FirstLayer)}.{block.Spec.Attention.Id}.{block.Spec.FeedForward.Id}", new ContentKey().Add("score", run.Folder.Done("score")!.Key).Add("distill", run.Folder.Done("distill")!.Result));
                if (!unit.IsDone)
                    unit.Done(scorer.Value.Score(variants, block.FirstLayer, block.Spec, run.Device));
                library.Add(unit.ReadRecord<BlockScore>());
                stage.Progress.Advance(i + 1);
            }
        }
    }
}
