using System.Numerics;

namespace Puzzle.Core.Search.Exact;

/// <summary>One linear limit on the sum of the chosen items' coefficients. Bounds are exact and on the items alone (what is in no layer is already taken off).</summary>
internal sealed class ModelRow
{
    private BigInteger[]? exact;
    private int grid;

    /// <summary>What to call the row in messages.</summary>
    public required string Name { get; init; }

    /// <summary>One coefficient an item.</summary>
    public required double[] Coefficient { get; init; }

    public ExactDecimal? Lower { get; init; }

    public ExactDecimal? Upper { get; init; }

    /// <summary>The power of ten of which every coefficient is a whole multiple.</summary>
    public int Grid => Exact.Length >= 0 ? grid : 0;

    /// <summary>The coefficients as whole multiples of the grid.</summary>
    public BigInteger[] Exact => exact ??= OnGrid(Coefficient, out grid);

    /// <summary>The lower bound on the grid: sums of coefficients are multiples of it, so rounding up loses nothing.</summary>
    public BigInteger? ExactLower => Lower is { } lower ? lower.CeilingAt(Grid) : null;

    /// <summary>The upper bound on the grid, rounded down.</summary>
    public BigInteger? ExactUpper => Upper is { } upper ? upper.FloorAt(Grid) : null;

    /// <summary>Whether the chosen items keep to the row, in exact arithmetic.</summary>
    public bool Holds(IEnumerable<int> choice)
    {
        var sum = choice.Aggregate(BigInteger.Zero, (total, item) => total + Exact[item]);
        return (ExactLower is not { } lower || sum >= lower) && (ExactUpper is not { } upper || sum <= upper);
    }

    /// <summary>Numbers as whole multiples of the finest power of ten that any of them needs.</summary>
    public static BigInteger[] OnGrid(double[] values, out int grid)
    {
        var parts = Array.ConvertAll(values, ExactDecimal.Parts);
        grid = parts.Where(part => part.Mantissa != 0).Select(part => part.Exponent).DefaultIfEmpty(0).Min();
        var finest = grid;
        var powers = new Dictionary<int, BigInteger>();
        return Array.ConvertAll(parts, part =>
        {
            if (part.Mantissa == 0)
                return BigInteger.Zero;
            if (!powers.TryGetValue(part.Exponent, out var power))
                powers[part.Exponent] = power = BigInteger.Pow(10, part.Exponent - finest);
            return part.Mantissa * power;
        });
    }
}
