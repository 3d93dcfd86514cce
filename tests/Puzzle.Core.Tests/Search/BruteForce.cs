using System.Numerics;
using Puzzle.Core.Search;

namespace Puzzle.Core.Tests.Search;

/// <summary>
/// The oracle: lists every architecture and judges it with rational arithmetic of its own (a decimal as a fraction of whole
/// numbers, parsed from the number's text).
/// </summary>
internal static class BruteForce
{
    private const int Digits = 700;

    /// <summary>Every architecture within the limits, best first, by sum of scores.</summary>
    public static List<(double Objective, PuzzleItem[] Choice)> All(PuzzleProblem problem, SearchQuery query)
    {
        var sign = query.Objective.Maximise ? -1 : 1;
        var found = new List<(BigInteger Sum, PuzzleItem[] Choice)>();
        foreach (var choice in Covers(problem, 0))
            if (query.Limits.All(limit => Keeps(problem, limit, choice)))
                found.Add((sign * Sum(choice.Select(item => item.Scores["kl_div"])), choice));
        return [.. found.OrderBy(entry => entry.Sum).Select(entry => (sign * ToDouble(entry.Sum), entry.Choice))];
    }

    private static IEnumerable<PuzzleItem[]> Covers(PuzzleProblem problem, int layer)
    {
        if (layer == problem.LayerCount)
            return [[]];
        return problem.Items.Where(item => item.FirstLayer == layer && double.IsFinite(item.Scores["kl_div"]))
            .SelectMany(item => Covers(problem, item.EndLayer).Select(rest => (PuzzleItem[])[item, .. rest]));
    }

    private static bool Keeps(PuzzleProblem problem, Limit limit, PuzzleItem[] choice)
    {
        var outside = problem.NonBlockCosts.GetValueOrDefault(limit.Name);
        var cost = Sum([outside, .. choice.Select(item => item.Costs[limit.Name])]) * One;
        var unit = limit.Basis == LimitBasis.Parent ? Sum([outside, .. problem.Items.Where(item => item.IsParent).Select(item => item.Costs[limit.Name])]) : One;
        return (limit.AtLeast is not { } low || cost >= Fixed(low) * unit) && (limit.AtMost is not { } high || cost <= Fixed(high) * unit);
    }

    private static BigInteger One { get; } = BigInteger.Pow(10, Digits);

    private static BigInteger Sum(IEnumerable<double> numbers) => numbers.Aggregate(BigInteger.Zero, (sum, number) => sum + Fixed(number));

    private static double ToDouble(BigInteger sum) => double.Parse($"{sum}E-{Digits}");

    /// <summary>The number's text as a whole multiple of 10^-700.</summary>
    private static BigInteger Fixed(double number)
    {
        s_fixed ??= [];
        if (s_fixed.Count > 5_000)
            s_fixed.Clear();
        return s_fixed.TryGetValue(number, out var known) ? known : s_fixed[number] = Parse(number);
    }

    [ThreadStatic]
    private static Dictionary<double, BigInteger>? s_fixed;

    private static BigInteger Parse(double number)
    {
        var text = number.ToString("R"); // the shortest text that reads back the same: what people wrote
        string[] parts = text.Contains('E') ? text.Split('E') : [text, "0"];
        var point = parts[0].IndexOf('.');
        var decimals = point < 0 ? 0 : parts[0].Length - point - 1;
        return BigInteger.Parse(parts[0].Replace(".", "")) * BigInteger.Pow(10, Digits + int.Parse(parts[1]) - decimals);
    }
}
