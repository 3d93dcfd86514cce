using Puzzle.Core.Recipes;
using Puzzle.Core.Search.Exact;

namespace Puzzle.Core.Search.Baselines;

/// <summary>
/// The paper's greedy search (its table 13): layers are taken in ascending mean score over their variants; each gets the best
/// variant that fits an equal share of what is left of every budget for the layers that are left.
/// </summary>
/// <remarks>
/// Lower bounds have no budget to split: they are only checked at the end. Items over several layers are passed over.
/// </remarks>
internal static class GreedyBaseline
{
    public static BaselineResult Choose(PuzzleProblem problem, SearchQuery query)
    {
        var compiler = new QueryCompiler(problem, query);
        BaselineResult? best = null;
        foreach (var batches in compiler.BatchCombinations())
        {
            var limits = compiler.Limits(batches);
            var model = compiler.Model(limits);
            if (Choose(model) is not { } choice || !model.Holds(choice))
                continue;
            var result = compiler.Baseline(Baseline.Greedy, choice, batches);
            if (best is null || (query.Objective.Maximise ? result.Objective > best.Objective : result.Objective < best.Objective))
                best = result;
        }

        return best ?? BaselineResult.Nothing(Baseline.Greedy, "in some layer nothing fits into its share of the budgets");
    }

    private static int[]? Choose(ChoiceModel model)
    {
        var budgets = model.Rows.Where(row => row.Upper is not null).ToArray();
        var left = Array.ConvertAll(budgets, row => row.Upper!.Value.ToDouble());
        var open = model.LayerCount;
        var choice = new int[model.LayerCount];
        var layers = Enumerable.Range(0, model.ItemCount).Where(item => model.Span[item] == 1).GroupBy(item => model.First[item]).ToArray();
        if (layers.Length < model.LayerCount)
            return null;
        foreach (var layer in layers.OrderBy(items => items.Average(item => model.Value[item])).ThenBy(items => items.Key))
        {
            var fits = layer.Where(item => budgets.Select((row, r) => row.Coefficient[item] <= (left[r] + 1e-12 * Math.Abs(left[r])) / open).All(fit => fit)).ToArray();
            if (fits.Length == 0)
                return null;
            var taken = fits.MinBy(item => model.Value[item]);
            for (var row = 0; row < left.Length; row++)
                left[row] -= budgets[row].Coefficient[taken];
            choice[layer.Key] = taken;
            open--;
        }

        return choice;
    }
}
