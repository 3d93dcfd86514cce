using System.Diagnostics;
using Puzzle.Core.Errors;
using Puzzle.Core.Search.Exact;

namespace Puzzle.Core.Search;

/// <summary>
/// Finds the architecture with the best sum of scores within all limits, and proves it. Every solution has been checked against
/// every limit in exact decimal arithmetic.
/// </summary>
public static class ExactSolver
{
    /// <summary>The best architecture.</summary>
    /// <exception cref="InfeasibleException">Nothing meets the limits; the message says which conflict and how far to relax.</exception>
    /// <exception cref="RecipeException">The query names a stat, metric or item that the problem lacks.</exception>
    public static PuzzleSolution Solve(PuzzleProblem problem, SearchQuery query, CancellationToken cancellation = default) =>
        SolvePool(problem, query with { SolutionCount = 1 }, cancellation)[0];

    /// <summary>The same from a choice that is likely to be good; null where nothing meets the limits.</summary>
    internal static PuzzleSolution? TrySolve(PuzzleProblem problem, SearchQuery query, IReadOnlyList<PuzzleItem>? known, CancellationToken cancellation)
    {
        var compiler = new QueryCompiler(problem, query);
        return Best(compiler, query, Combinations(compiler), [.. Near(compiler, query)], compiler.IndicesOf(known), cancellation);
    }

    /// <summary>
    /// The best architecture, then the best that differs from it in at least <see cref="SearchQuery.MinDiversity"/> layers, and so on;
    /// fewer than asked for where no further one exists.
    /// </summary>
    /// <inheritdoc cref="Solve"/>
    public static IReadOnlyList<PuzzleSolution> SolvePool(PuzzleProblem problem, SearchQuery query, CancellationToken cancellation = default)
    {
        var compiler = new QueryCompiler(problem, query);
        var combinations = Combinations(compiler);
        var pool = new List<PuzzleSolution>();
        while (pool.Count < query.SolutionCount)
        {
            ModelRow[] distances = [.. pool.Select(compiler.DifferFrom), .. Near(compiler, query)];
            var next = Best(compiler, query, combinations, distances, null, cancellation);
            if (next is null && pool.Count == 0)
                throw InfeasibilityExplanation.Explain(compiler, combinations, query, problem.LayerCount);
            if (next is null)
                break;
            pool.Add(next);
        }

        return pool;
    }

    private static IEnumerable<ModelRow> Near(QueryCompiler compiler, SearchQuery query) => query.Near is { } near ? [compiler.StayNear(near)] : [];

    private static (int[] Batches, IReadOnlyList<LimitRow> Limits)[] Combinations(QueryCompiler compiler) =>
        [.. compiler.BatchCombinations().Select(batches => (batches, compiler.Limits(batches)))];

    private static PuzzleSolution? Best(
        QueryCompiler compiler,
        SearchQuery query,
        (int[] Batches, IReadOnlyList<LimitRow> Limits)[] combinations,
        ModelRow[] distances,
        int[]? known,
        CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timer.CancelAfter(TimeSpan.FromSeconds(Math.Min(query.MaxSeconds, 1e6)));
        ChoiceResult? best = null;
        ChoiceModel? bestModel = null;
        (int[] Batches, IReadOnlyList<LimitRow> Limits) chosen = default;
        var (bound, proven) = (double.PositiveInfinity, true);
        foreach (var combination in combinations)
        {
            var model = compiler.Model(combination.Limits, distances);
            var cutoff = best?.Objective ?? double.PositiveInfinity;
            var result = query.Homogeneous
                ? HomogeneousChoice.Best(compiler.Items, model, cutoff)
                : ChoiceModelSolver.Solve(model, query.Gap, best?.Items ?? known, cutoff, timer.Token);
            cancellation.ThrowIfCancellationRequested();
            bound = Math.Min(bound, result.Bound);
            proven &= result.Proven;
            if (result.Items is not null && result.Objective < cutoff)
                (best, bestModel, chosen) = (result, model, combination);
        }

        if (best is null && !proven)
            throw new OutOfResourceException($"no architecture within the limits was found in {query.MaxSeconds} seconds, nor a proof that there is none; allow more time or relax a limit");
        return best is null ? null : Solution(compiler, query, best, bestModel!, chosen, Math.Min(bound, best.Objective), proven, clock.Elapsed.TotalSeconds);
    }

    private static PuzzleSolution Solution(
        QueryCompiler compiler,
        SearchQuery query,
        ChoiceResult result,
        ChoiceModel model,
        (int[] Batches, IReadOnlyList<LimitRow> Limits) chosen,
        double bound,
        bool proven,
        double seconds)
    {
        if (!model.Holds(result.Items!))
            throw new InvalidOperationException("the solver returned a choice that breaks a limit");
        var choice = result.Items!.OrderBy(item => model.First[item]).ToArray();
        var items = choice.Select(item => compiler.Items[item]).ToArray();
        var sign = query.Objective.Maximise ? -1 : 1;
        var uses = chosen.Limits.Select((limit, row) => new LimitUse(
            limit.Limit,
            limit.Scenario,
            limit.Column,
            limit.AtLeast?.ToDouble(),
            limit.AtMost?.ToDouble(),
            (choice.Aggregate(limit.NonBlock, (sum, item) => sum + ExactDecimal.From(limit.Row.Coefficient[item]))).ToDouble(),
            result.RowPrices.Length > row ? result.RowPrices[row] : 0)).ToArray();
        return new PuzzleSolution
        {
            Status = proven ? SolveStatus.Optimal : SolveStatus.Feasible,
            Objective = sign * result.Objective,
            Bound = sign * bound,
            RelaxationBound = sign * result.RelaxationBound,
            Gap = result.Objective == bound ? 0 : Math.Abs(result.Objective - bound) / Math.Max(Math.Abs(result.Objective), double.Epsilon),
            Choice = items,
            Costs = compiler.TotalCosts(items),
            Limits = uses,
            Batches = compiler.Named(chosen.Batches),
            Seconds = seconds,
        };
    }
}
