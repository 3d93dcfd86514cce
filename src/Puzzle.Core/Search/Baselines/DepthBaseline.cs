using Puzzle.Core.Recipes;
using Puzzle.Core.Search.Exact;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Search.Baselines;

/// <summary>Uniform depth pruning: whole layers are left out, the one with the lowest score first, until the limits hold.</summary>
internal static class DepthBaseline
{
    public static BaselineResult Choose(PuzzleProblem problem, SearchQuery query)
    {
        var compiler = new QueryCompiler(problem, query);
        BaselineResult? best = null;
        foreach (var batches in compiler.BatchCombinations())
        {
            var model = compiler.Model(compiler.Limits(batches));
            if (Choose(problem, compiler, model) is not { } choice)
                continue;
            var result = compiler.Baseline(Baseline.Depth, choice, batches, $"{choice.Count(item => IsGone(compiler.Items[item]))} of {problem.LayerCount} layers left out");
            if (best is null || (query.Objective.Maximise ? result.Objective > best.Objective : result.Objective < best.Objective))
                best = result;
        }

        return best ?? BaselineResult.Nothing(Baseline.Depth, "even without all layers that may be left out the limits do not hold");
    }

    private static int[]? Choose(PuzzleProblem problem, QueryCompiler compiler, ChoiceModel model)
    {
        var whole = new int[problem.LayerCount];
        var gone = new int[problem.LayerCount];
        Array.Fill(whole, -1);
        Array.Fill(gone, -1);
        foreach (var (item, index) in compiler.Items.Select((item, index) => (item, index)).Where(pair => pair.item.LayerCount == 1))
        {
            if (item.IsParent)
                whole[item.FirstLayer] = index;
            else if (IsGone(item))
                gone[item.FirstLayer] = index;
        }

        if (whole.Contains(-1))
            return null;
        var choice = (int[])whole.Clone();
        var order = new Queue<int>(Enumerable.Range(0, problem.LayerCount).Where(layer => gone[layer] >= 0).OrderBy(layer => model.Value[gone[layer]]));
        while (!model.Holds(choice))
        {
            if (!order.TryDequeue(out var layer))
                return null;
            choice[layer] = gone[layer];
        }

        return choice;
    }

    private static bool IsGone(PuzzleItem item) => item.Layers is [{ Attention: NoOpAttentionSpec, FeedForward: NoOpFeedForwardSpec }];
}
