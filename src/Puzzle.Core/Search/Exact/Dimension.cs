using System.Numerics;

namespace Puzzle.Core.Search.Exact;

/// <summary>
/// One cost that labels carry, on its exact grid. A row with only a lower bound is stored negated, so that less is always
/// better, unless both bounds count.
/// </summary>
internal sealed class Dimension<TCost>
    where TCost : struct, IBinaryInteger<TCost>
{
    public required int Row { get; init; }

    /// <summary>-1 where the row is stored negated.</summary>
    public required int Sign { get; init; }

    public required TCost Upper { get; init; }

    public required TCost? Lower { get; init; }

    /// <summary>What one unit of the grid is in the row's unit.</summary>
    public required double Unit { get; init; }

    /// <summary>Coefficients by item of the path model.</summary>
    public required TCost[] Coefficient { get; init; }

    /// <summary>The least that the positions from p on can add.</summary>
    public required TCost[] LeastRest { get; init; }

    /// <summary>The most that the positions from p on can add.</summary>
    public required TCost[] MostRest { get; init; }

    public static Dimension<TCost> Of(PathModel path, int row, bool upper, bool lower)
    {
        var model = path.Model.Rows[row];
        var sign = upper ? 1 : -1;
        var coefficient = Array.ConvertAll(path.Item, item => TCost.CreateChecked(sign * model.Exact[item]));
        return new()
        {
            Row = row,
            Sign = sign,
            Upper = TCost.CreateChecked(upper ? model.ExactUpper!.Value : -model.ExactLower!.Value),
            Lower = upper && lower ? TCost.CreateChecked(model.ExactLower!.Value) : null,
            Unit = Math.Pow(10, model.Grid),
            Coefficient = coefficient,
            LeastRest = Rest(path, coefficient, TCost.Min),
            MostRest = Rest(path, coefficient, TCost.Max),
        };
    }

    /// <summary>Whether some completion could still keep to the bounds, and the cost to store for it.</summary>
    /// <remarks>
    /// A cost so low that no completion can reach the upper bound is raised to the point where that begins: all such labels
    /// are equal in this dimension, and saying so lets one dominate another.
    /// </remarks>
    public bool Admit(ref TCost cost, int position)
    {
        if (cost + LeastRest[position] > Upper)
            return false;
        if (Lower is { } lower)
            return cost + MostRest[position] >= lower;
        var floor = Upper - MostRest[position];
        if (cost < floor)
            cost = floor;
        return true;
    }

    private static TCost[] Rest(PathModel path, TCost[] coefficient, Func<TCost, TCost, TCost> better)
    {
        var rest = new TCost[path.Positions + 1];
        for (var p = path.Positions - 1; p >= 0; p--)
        {
            if (path.Offset[p] == path.Offset[p + 1])
                continue; // inside a longer item; nothing leads here
            var best = coefficient[path.Offset[p]] + rest[p + path.Span[path.Offset[p]]];
            for (var i = path.Offset[p] + 1; i < path.Offset[p + 1]; i++)
                best = better(best, coefficient[i] + rest[p + path.Span[i]]);
            rest[p] = best;
        }

        return rest;
    }
}
