using Puzzle.Core.Errors;

namespace Puzzle.Core.Search.Exact;

/// <summary>One quantity of a sweep: what a solution makes of it, and how far it can be pushed within all other limits.</summary>
internal sealed class ParetoAxis
{
    private readonly QueryCompiler compiler;
    private readonly SearchQuery query;
    private readonly int? scenario;
    private readonly bool rate;
    private readonly (int[] Batches, IReadOnlyList<LimitRow> Others, LimitRow Row)[] combinations;

    public ParetoAxis(PuzzleProblem problem, SearchQuery query, string over, int? scenario)
    {
        // A limit without a bound: its row says which column the quantity is, and how it reads in the user's unit.
        this.query = query;
        this.scenario = scenario;
        compiler = new QueryCompiler(problem, ParetoSweep.With(query, new Limit(over, null, null), scenario));
        rate = LimitQuantity.Of(over).IsRate;
        var index = query.Limits.Count + (scenario is { } s ? query.Scenarios.Take(s + 1).Sum(each => each.Limits.Count) : 0);
        combinations = [.. compiler.BatchCombinations().Select(batches =>
        {
            var limits = compiler.Limits(batches);
            return (batches, (IReadOnlyList<LimitRow>)[.. limits.Where((_, i) => i != index)], limits[index]);
        })];
    }

    /// <summary>What a solution makes of the quantity, in its own unit.</summary>
    public double Of(PuzzleSolution solution)
    {
        var (_, _, row) = combinations.First(combination => scenario is not { } s || combination.Batches[s] == solution.Batches.GetValueOrDefault(query.Scenarios[s].Name));
        return InUnits(row, solution.Choice.Select(item => item.Costs[row.Column]));
    }

    /// <summary>The most of a rate, or the least of a cost, that any architecture within the other limits has.</summary>
    public double Tightest(CancellationToken cancellation)
    {
        double? best = null;
        foreach (var (_, others, row) in combinations)
        {
            var model = compiler.Model(others);
            model = model.With(row.Row.Coefficient, model.Rows);
            var result = query.Homogeneous ? HomogeneousChoice.Best(compiler.Items, model, double.PositiveInfinity) : ChoiceModelSolver.Solve(model, stop: cancellation);
            if (result.Items is null)
                continue;
            var reached = InUnits(row, result.Items.Select(item => row.Row.Coefficient[item]));
            if (best is null || (rate ? reached > best : reached < best))
                best = reached;
        }

        return best ?? throw new InfeasibleException("the limits that hold at every point of the sweep cannot be met together");
    }

    private static double InUnits(LimitRow row, IEnumerable<double> costs) =>
        row.InUnits(costs.Aggregate(row.NonBlock, (sum, cost) => sum + ExactDecimal.From(cost)).ToDouble());
}
