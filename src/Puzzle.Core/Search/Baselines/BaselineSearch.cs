using Puzzle.Core.Errors;
using Puzzle.Core.Recipes;
using Puzzle.Core.Search.Exact;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Search.Baselines;

/// <summary>
/// Other ways to choose from the same library under the same limits, so that the search can be seen to earn its keep. The same
/// pins, bans and export rules hold for all of them.
/// </summary>
public static class BaselineSearch
{
    /// <summary>One result a way, in the given order.</summary>
    /// <param name="problem">The library.</param>
    /// <param name="query">Objective and limits.</param>
    /// <param name="baselines">The ways.</param>
    /// <param name="seed">For the random choice.</param>
    /// <param name="cancellation">Stops the searches.</param>
    public static IReadOnlyList<BaselineResult> Run(PuzzleProblem problem, SearchQuery query, IEnumerable<Baseline> baselines, ulong seed = 0, CancellationToken cancellation = default) =>
        [.. baselines.Select(baseline => One(problem, query with { SolutionCount = 1 }, baseline, seed, cancellation))];

    /// <summary>What tables call it.</summary>
    public static string NameOf(Baseline baseline) => baseline switch
    {
        Baseline.Greedy => "greedy",
        Baseline.Random => "random",
        Baseline.MaxParams => "max params",
        Baseline.Homogeneous => "homogeneous",
        Baseline.Depth => "depth",
        _ => "no-op only",
    };

    /// <summary>The folder of a baseline that was healed, in the folder of its stage.</summary>
    public static string FolderOf(Baseline baseline) => $"baseline-{NameOf(baseline).Replace(' ', '-')}";

    private static BaselineResult One(PuzzleProblem problem, SearchQuery query, Baseline baseline, ulong seed, CancellationToken cancellation)
    {
        try
        {
            return baseline switch
            {
                Baseline.Greedy => GreedyBaseline.Choose(problem, query),
                Baseline.Random => RandomBaseline.Choose(problem, query, seed),
                Baseline.MaxParams => MaxParams(problem, query, cancellation),
                Baseline.Depth => DepthBaseline.Choose(problem, query),
                Baseline.Homogeneous => Exact(problem, query with { Homogeneous = true }, baseline, cancellation),
                _ => NoOpOnly(problem, query, cancellation),
            };
        }
        catch (InfeasibleException)
        {
            return BaselineResult.Nothing(baseline, "nothing of this kind meets the limits");
        }
    }

    private static BaselineResult Exact(PuzzleProblem problem, SearchQuery query, Baseline baseline, CancellationToken cancellation)
    {
        var solution = ExactSolver.Solve(problem, query, cancellation);
        var sum = new QueryCompiler(problem, query).Objective(solution.Choice);
        return new BaselineResult(baseline, sum, solution.Choice, solution.Costs, solution.Batches, baseline == Baseline.Homogeneous ? solution.Choice[^1].Id : "");
    }

    private static BaselineResult MaxParams(PuzzleProblem problem, SearchQuery query, CancellationToken cancellation)
    {
        const string stat = "num_params";
        if (!problem.Items.All(item => item.Costs.ContainsKey(stat)))
            return BaselineResult.Nothing(Baseline.MaxParams, $"the library has no {stat}");

        // Items that the search may not use for want of a score are not used here either. What pins and bans leave out stays: the query
        // keeps them out, and limits against the parent need the parent's own items.
        var scores = QueryCompiler.ObjectiveOf(problem, query.Objective);
        var most = ExactSolver.Solve(problem with { Items = [.. problem.Items.Where((_, i) => double.IsFinite(scores[i]))] }, query with { Objective = new Objective(stat, Maximise: true) }, cancellation);
        var sum = new QueryCompiler(problem, query).Objective(most.Choice);
        return new BaselineResult(Baseline.MaxParams, sum, most.Choice, most.Costs, most.Batches);
    }

    private static BaselineResult NoOpOnly(PuzzleProblem problem, SearchQuery query, CancellationToken cancellation)
    {
        var parents = problem.Items.Where(item => item is { IsParent: true, LayerCount: 1, Layers: not null }).GroupBy(item => item.FirstLayer).ToDictionary(group => group.Key, group => group.First().Layers![0]);
        if (parents.Count < problem.LayerCount)
            return BaselineResult.Nothing(Baseline.NoOpOnly, "the library does not say what its layers are");
        var items = problem.Items.Where(item => item is { LayerCount: 1, Layers: [var layer] } && OwnOrNothing(layer, parents[item.FirstLayer])).ToArray();
        return Exact(problem with { Items = items }, query, Baseline.NoOpOnly, cancellation);
    }

    private static bool OwnOrNothing(LayerSpec layer, LayerSpec parent) =>
        (layer.Attention is NoOpAttentionSpec || layer.Attention == parent.Attention) && (layer.FeedForward is NoOpFeedForwardSpec || layer.FeedForward == parent.FeedForward);
}
