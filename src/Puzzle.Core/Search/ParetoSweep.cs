using Puzzle.Core.Errors;
using Puzzle.Core.Search.Exact;

namespace Puzzle.Core.Search;

/// <summary>
/// A whole Pareto front in one call: the best quality at every bound on one quantity (throughput, memory, parameters, ...), all
/// other limits kept. Points are solved from the tightest bound to the loosest, each starting from the one before.
/// </summary>
public static class ParetoSweep
{
    /// <summary>Solves evenly spaced bounds.</summary>
    /// <param name="problem">The library.</param>
    /// <param name="query">Objective and limits that hold at every point.</param>
    /// <param name="over">The quantity, as limits name it.</param>
    /// <param name="points">How many bounds.</param>
    /// <param name="from">The loosest bound; null: what the best architecture without any bound on the quantity needs.</param>
    /// <param name="to">The tightest bound; null: the best that the library can reach.</param>
    /// <param name="scenario">Index of the scenario that the quantity belongs to; null: the first where there are scenarios.</param>
    /// <param name="cancellation">Stops the search.</param>
    /// <returns>The points, loosest first. Bounds that nothing can meet are left out.</returns>
    /// <exception cref="InfeasibleException">The other limits alone cannot be met.</exception>
    public static IReadOnlyList<SweepPoint> Run(
        PuzzleProblem problem,
        SearchQuery query,
        string over,
        int points,
        double? from = null,
        double? to = null,
        int? scenario = null,
        CancellationToken cancellation = default)
    {
        if (points < 2)
            throw new RecipeException($"a sweep of {points} points: it needs at least 2");
        var rate = LimitQuantity.Of(over).IsRate;
        var at = query.Scenarios.Count > 0 ? scenario ?? 0 : (int?)null;
        var free = new ParetoAxis(problem, query, over, at);
        var loosest = from ?? free.Of(ExactSolver.Solve(problem, query, cancellation));
        var tightest = to ?? Loosened(free.Tightest(cancellation), rate);
        var found = new List<SweepPoint>();
        for (var point = points - 1; point >= 0; point--)
        {
            var bound = loosest + (tightest - loosest) * point / (points - 1);
            var limit = rate ? Limit.Min(over, bound) : Limit.Max(over, bound);
            if (ExactSolver.TrySolve(problem, With(query, limit, at), found.Count > 0 ? found[^1].Solution.Choice : null, cancellation) is { } solution)
                found.Add(new SweepPoint(bound, free.Of(solution), solution));
        }

        found.Reverse();
        return found;
    }

    // The reach is an exact sum, the bound a double next to it: rounding must not make it one that nothing meets.
    private static double Loosened(double reach, bool rate) => reach + (rate ? -1e-12 : 1e-12) * Math.Abs(reach);

    internal static SearchQuery With(SearchQuery query, Limit limit, int? scenario) => scenario is { } index
        ? query with { Scenarios = [.. query.Scenarios.Select((each, s) => s == index ? each with { Limits = [.. each.Limits, limit] } : each)] }
        : query with { Limits = [.. query.Limits, limit] };
}
