using CsCheck;
using Puzzle.Core.Search;

namespace Puzzle.Core.Tests.Search;

/// <summary>Small random problems of every kind: ties, outliers, items over several layers, missing items, all sorts of limits.</summary>
internal static class RandomProblems
{
    private static readonly string[] stats = ["a", "b", "c"];

    /// <summary>A problem and a query whose every architecture can be listed.</summary>
    public static Gen<(PuzzleProblem Problem, SearchQuery Query)> Any { get; } =
        from layers in Gen.Int[1, 6]
        from variants in Gen.Int[1, layers <= 4 ? 6 : 4]
        from scores in Scores
        from costs in Costs
        from items in Gen.Select(scores, costs, costs, costs, Gen.Int[0, 9], Gen.Int[1, 3]).Array[layers * variants]
        from nonBlock in costs.Array[3]
        from limits in Limit.Array[0, 4]
        from maximise in Gen.Frequency((4, Gen.Const(false)), (1, Gen.Const(true)))
        select Assemble(layers, variants, items, nonBlock, limits, maximise);

    /// <summary>Scores of one problem: smooth, with many ties, or with outliers of many magnitudes.</summary>
    private static Gen<Gen<double>> Scores => OneOf(
        Gen.Double[0, 1],
        Gen.Int[0, 3].Select(score => (double)score),
        Gen.Int[0, 40].Select(score => score * 0.1),
        Gen.Frequency((6, Gen.Double[0, 0.3]), (1, Gen.Double[400, 457]), (1, Gen.Const(1e-12)), (1, Gen.Const(3e9))),
        Gen.Double[-1, 1]);

    /// <summary>Costs of one problem: measured, whole numbers, decimals that doubles cannot hold, or of extreme magnitudes.</summary>
    private static Gen<Gen<double>> Costs => OneOf(
        Gen.Double[0, 900],
        Gen.Int[0, 4].Select(cost => (double)cost),
        Gen.Int[0, 12].Select(cost => cost * 0.1),
        Gen.Frequency((4, Gen.Double[0, 10]), (1, Gen.Const(0.0)), (1, Gen.Const(1e15)), (1, Gen.Const(1e-9))),
        Gen.Int[-3, 3].Select(cost => (double)cost));

    private static Gen<Gen<double>> OneOf(params Gen<double>[] kinds) => Gen.Int[0, kinds.Length - 1].Select(kind => kinds[kind]);

    /// <summary>A limit by where it lies between the least and the most that its stat can be.</summary>
    private static Gen<(int Stat, int Kind, double Low, double High, bool OfParent)> Limit => Gen.Select(
        Gen.Int[0, 2],
        Gen.Int[0, 3],
        Gen.Frequency((8, Gen.Double[0, 1]), (1, Gen.Const(0.0)), (1, Gen.Const(1.0)), (1, Gen.Const(-0.1))),
        Gen.Frequency((8, Gen.Double[0, 1]), (1, Gen.Const(0.0)), (1, Gen.Const(1.0))),
        Gen.Bool);

    private static (PuzzleProblem, SearchQuery) Assemble(
        int layers,
        int variants,
        (double Score, double A, double B, double C, int Kind, int Span)[] drawn,
        double[] nonBlock,
        (int Stat, int Kind, double Low, double High, bool OfParent)[] limits,
        bool maximise)
    {
        var items = drawn.Select((draw, i) => new PuzzleItem
        {
            FirstLayer = i / variants,
            LayerCount = draw.Kind == 0 && i % variants > 0 ? Math.Min(draw.Span, layers - i / variants) : 1,
            Id = i % variants == 0 ? "parent" : $"v{i % variants}",
            IsParent = i % variants == 0,
            Scores = new Dictionary<string, double> { ["kl_div"] = draw.Kind == 1 && i % variants > 0 ? double.NaN : draw.Score },
            Costs = new Dictionary<string, double> { ["a"] = draw.A, ["b"] = draw.B, ["c"] = draw.C },
        }).ToArray();
        var problem = new PuzzleProblem { LayerCount = layers, Items = items, NonBlockCosts = stats.Zip(nonBlock).ToDictionary(pair => pair.First, pair => pair.Second) };
        var query = new SearchQuery { Objective = new("kl_div", maximise), Limits = [.. limits.Select(limit => Bound(items, layers, nonBlock, limit))] };
        return (problem, query);
    }

    private static Limit Bound(PuzzleItem[] items, int layers, double[] nonBlock, (int Stat, int Kind, double Low, double High, bool OfParent) drawn)
    {
        var stat = stats[drawn.Stat];
        double least = nonBlock[drawn.Stat], most = nonBlock[drawn.Stat], parent = nonBlock[drawn.Stat];
        for (var layer = 0; layer < layers; layer++)
        {
            var costs = items.Where(item => item.FirstLayer == layer).Select(item => item.Costs[stat]).ToArray();
            least += costs.Min();
            most += costs.Max();
            parent += costs[0];
        }

        var (low, high) = drawn.Low <= drawn.High || drawn.Kind != 3 ? (drawn.Low, drawn.High) : (drawn.High, drawn.Low);
        var basis = drawn.OfParent && parent > 0 ? LimitBasis.Parent : LimitBasis.Absolute;
        double At(double share) => (least + share * (most - least)) / (basis == LimitBasis.Parent ? parent : 1);
        return drawn.Kind switch
        {
            0 or 1 => Core.Search.Limit.Max(stat, At(high), basis),
            2 => Core.Search.Limit.Min(stat, At(low), basis),
            _ => Core.Search.Limit.Range(stat, At(low), At(high), basis),
        };
    }
}
