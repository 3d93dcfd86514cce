using System.Globalization;
using System.Text;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Search.Exact;

/// <summary>Finds out which limits conflict, what each can reach, and says so.</summary>
internal static class InfeasibilityExplanation
{
    // Explaining each of hundreds of combinations of batches would take longer than the search did.
    private const int MostCombinations = 16;

    /// <summary>One side of a limit.</summary>
    private sealed record Side(LimitRow Limit, bool IsLower)
    {
        public ModelRow Row { get; } = new()
        {
            Name = Limit.Row.Name,
            Coefficient = Limit.Row.Coefficient,
            Lower = IsLower ? Limit.Row.Lower : null,
            Upper = IsLower ? null : Limit.Row.Upper,
        };

        public ExactDecimal Bound => IsLower ? Limit.Row.Lower!.Value : Limit.Row.Upper!.Value;

        /// <summary>The bound that the user gave: rates change sides on their way to a row.</summary>
        public bool IsLowerAsAsked => IsLower != LimitQuantity.Of(Limit.Limit.Name).IsRate;

        public double Asked => IsLowerAsAsked ? Limit.Limit.AtLeast!.Value : Limit.Limit.AtMost!.Value;
    }

    /// <summary>The error to throw for a query that no choice satisfies.</summary>
    public static InfeasibleException Explain(QueryCompiler compiler, IEnumerable<(int[] Batches, IReadOnlyList<LimitRow> Limits)> combinations, SearchQuery query, int layerCount)
    {
        var empty = Enumerable.Range(0, layerCount).Where(layer => !compiler.Items.Any(item => item.FirstLayer <= layer && layer < item.EndLayer)).ToArray();
        if (empty.Length > 0)
        {
            return new InfeasibleException(
                $"nothing is left to choose in layer {string.Join(", ", empty)}: what is forbidden, pinned, ruled out by the export target or without a score leaves no item")
            {
                Explanation = new Infeasibility([], new Dictionary<string, int>(), empty),
            };
        }

        if (query.Homogeneous)
            return new InfeasibleException("no variant meets the limits when it is used in every layer (homogeneous mode)");

        (List<LimitReach> Conflict, int[] Batches)? closest = null;
        foreach (var (batches, limits) in combinations.Take(MostCombinations))
        {
            var conflict = Conflict(compiler, limits);
            if (closest is null || Distance(conflict) < Distance(closest.Value.Conflict))
                closest = (conflict, batches);
        }

        var (found, at) = closest!.Value;
        var named = compiler.Named(at);
        return new InfeasibleException(Message(found, named)) { Explanation = new Infeasibility(found, named, []) };
    }

    private static double Distance(List<LimitReach> conflict) =>
        conflict.Count == 0 ? double.MaxValue : conflict.All(reach => double.IsFinite(reach.RelaxBy)) ? conflict.Min(reach => reach.RelaxBy) : 1e300;

    private static List<LimitReach> Conflict(QueryCompiler compiler, IReadOnlyList<LimitRow> limits)
    {
        var sides = limits.SelectMany(limit => new[] { limit.Row.Upper is null ? null : new Side(limit, false), limit.Row.Lower is null ? null : new Side(limit, true) })
            .OfType<Side>().ToList();
        var alone = sides.ToDictionary(side => side, side => Reach(compiler, side, []));
        var impossible = sides.Where(side => Breaks(side, alone[side])).ToList();
        if (impossible.Count > 0)
            return [.. impossible.Select(side => Describe(side, alone[side]!.Value, alone[side]!.Value))];

        // Leave out one limit after the other: where the rest is still impossible, that one has no part in the conflict.
        foreach (var side in sides.ToArray())
            if (Reach(compiler, side, sides.Where(other => other != side)) is null)
                sides.Remove(side);
        return [.. sides.Select(side => Describe(side, alone[side]!.Value, Reach(compiler, side, sides.Where(other => other != side)) ?? alone[side]!.Value))];
    }

    /// <summary>The best sum of a side's row while others hold; null where they cannot.</summary>
    private static ExactDecimal? Reach(QueryCompiler compiler, Side side, IEnumerable<Side> others)
    {
        var sign = side.IsLower ? -1 : 1;
        var model = compiler.Model([], others.Select(other => other.Row));
        model = model.With(Array.ConvertAll(side.Row.Coefficient, coefficient => sign * coefficient), model.Rows);
        using var timer = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        var result = ChoiceModelSolver.Solve(model, stop: timer.Token);
        return result.Items is null ? null : result.Items.Aggregate(ExactDecimal.Zero, (sum, item) => sum + ExactDecimal.From(side.Row.Coefficient[item]));
    }

    private static bool Breaks(Side side, ExactDecimal? reach) => reach is { } sum && (side.IsLower ? side.Bound - sum : sum - side.Bound).Sign > 0;

    private static LimitReach Describe(Side side, ExactDecimal alone, ExactDecimal reach) =>
        new(side.Limit.Limit, side.Limit.Scenario, side.IsLowerAsAsked, side.Asked, InUnits(side, alone), InUnits(side, reach));

    private static double InUnits(Side side, ExactDecimal sum) => side.Limit.InUnits((sum + side.Limit.NonBlock).ToDouble());

    private static string Message(List<LimitReach> conflict, Dictionary<string, int> batches)
    {
        var text = new StringBuilder("no architecture of the library meets the limits");
        if (batches.Count > 0)
            text.Append(" (closest at batch ").AppendJoin(", ", batches.Select(entry => entry.Key.Length > 0 ? $"{entry.Value} of {entry.Key}" : $"{entry.Value}")).Append(')');
        var together = conflict.Count > 1 && conflict.Any(reach => reach.Reach != reach.ReachAlone);
        text.Append(together ? "; these cannot be met together:" : ":");
        foreach (var reach in conflict)
        {
            var unit = LimitQuantity.Of(reach.Limit.Name).Unit is { Length: > 0 } name && reach.Limit.Basis == LimitBasis.Absolute ? " " + name : reach.Limit.Basis == LimitBasis.Parent ? " x parent" : "";
            text.Append("\n  ");
            if (reach.Scenario.Length > 0)
                text.Append(reach.Scenario).Append(": ");
            text.Append(CultureInfo.InvariantCulture, $"{reach.Limit.Name} {(reach.IsLower ? ">=" : "<=")} {reach.Asked}{unit}: {(reach.IsLower ? "at most" : "at least")} {reach.ReachAlone:0.######}{unit} is possible");
            if (together)
                text.Append(CultureInfo.InvariantCulture, $" alone, {reach.Reach:0.######}{unit} with the others kept");
            text.Append(CultureInfo.InvariantCulture, $"; relax it by {100 * reach.RelaxBy:0.##} %");
        }

        return text.ToString();
    }
}
