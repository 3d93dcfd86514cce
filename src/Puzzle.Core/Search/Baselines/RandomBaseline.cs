using Puzzle.Core.Recipes;
using Puzzle.Core.Search.Exact;

namespace Puzzle.Core.Search.Baselines;

/// <summary>
/// A random choice from the library that meets the limits: layers in random order, in each a variant drawn evenly from those
/// that leave the rest a chance. Where limits pull in so many directions that this leads nowhere, the best choice by random
/// scores.
/// </summary>
internal static class RandomBaseline
{
    private const int Attempts = 300;

    public static BaselineResult Choose(PuzzleProblem problem, SearchQuery query, ulong seed)
    {
        var compiler = new QueryCompiler(problem, query);
        var random = new SplitMix(seed);
        var models = compiler.BatchCombinations().Select(batches => (Batches: batches, Model: compiler.Model(compiler.Limits(batches)))).ToList();
        while (models.Count > 0)
        {
            var drawn = random.Below(models.Count);
            for (var attempt = 0; attempt < Attempts; attempt++)
                if (Draw(models[drawn].Model, random) is { } choice && models[drawn].Model.Holds(choice))
                    return compiler.Baseline(Baseline.Random, choice, models[drawn].Batches, $"seed {seed}");
            var scores = Array.ConvertAll(models[drawn].Model.Value, _ => random.Below(1000) / 1000.0);
            if (ChoiceModelSolver.Solve(models[drawn].Model.With(scores, models[drawn].Model.Rows), gap: 0.1).Items is { } best)
                return compiler.Baseline(Baseline.Random, best, models[drawn].Batches, $"seed {seed}; by random scores, as none of {Attempts} draws met the limits");
            models.RemoveAt(drawn);
        }

        return BaselineResult.Nothing(Baseline.Random, "nothing meets the limits");
    }

    private static int[]? Draw(ChoiceModel model, SplitMix random)
    {
        var alive = new bool[model.ItemCount];
        Array.Fill(alive, true);
        var segments = PathModel.Segments(model, alive).ToArray();
        random.Shuffle(segments);
        var path = PathModel.Of(model, alive, [.. segments.SelectMany(segment => Enumerable.Range(segment.First, segment.Count))]);
        var sides = Inequality.Of(model.Rows);
        var weights = Array.ConvertAll(sides, side => Array.ConvertAll(path.Coefficient[side.Row], coefficient => side.Sign * coefficient));
        var rests = Array.ConvertAll(weights, weight => path.Tail(weight));
        var used = new double[sides.Length];
        var choice = new List<int>();
        for (var p = 0; p < path.Positions;)
        {
            var open = Enumerable.Range(path.Offset[p], path.Offset[p + 1] - path.Offset[p])
                .Where(i => sides.Select((side, s) => used[s] + weights[s][i] + rests[s][p + path.Span[i]] <= side.Limit + 1e-9 * Math.Abs(side.Limit)).All(fits => fits))
                .ToArray();
            if (open.Length == 0)
                return null;
            var taken = open[random.Below(open.Length)];
            for (var s = 0; s < sides.Length; s++)
                used[s] += weights[s][taken];
            choice.Add(path.Item[taken]);
            p += path.Span[taken];
        }

        return [.. choice];
    }
}
