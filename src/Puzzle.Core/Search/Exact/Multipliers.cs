namespace Puzzle.Core.Search.Exact;

/// <summary>
/// A price on each inequality and what follows from it: with every price >= 0, the least sum of priced items less
/// price times limit is a lower bound on every solution (Lagrange).
/// </summary>
internal sealed class Multipliers
{
    private Multipliers()
    {
    }

    /// <summary>Prices by inequality.</summary>
    public required double[] Price { get; init; }

    /// <summary>Value plus priced coefficients of each item of the path model.</summary>
    public required double[] Weight { get; init; }

    /// <summary>Net price by row: upper side less lower side.</summary>
    public required double[] RowPrice { get; init; }

    /// <summary>Least weight from each position to the end.</summary>
    public required double[] Tail { get; init; }

    /// <summary>The sum of price times limit, which every bound takes off.</summary>
    public required double Offset { get; init; }

    /// <summary>How far rounding may have raised a bound that these multipliers give.</summary>
    public required double Error { get; init; }

    /// <summary>The lower bound at the start, rounding included; infinite where no path covers every layer.</summary>
    public double Bound => Tail[0] - Offset - Error;

    public static Multipliers Of(PathModel path, Inequality[] sides, double[] price)
    {
        var weight = (double[])path.Value.Clone();
        var rowPrice = new double[path.Coefficient.Length];
        double offset = 0, offsetMagnitude = 0;
        for (var s = 0; s < sides.Length; s++)
        {
            if (price[s] == 0)
                continue;
            rowPrice[sides[s].Row] += sides[s].Sign * price[s];
            offset += price[s] * sides[s].Limit;
            offsetMagnitude += Math.Abs(price[s] * sides[s].Limit);
        }

        var magnitude = path.Magnitude(path.Value) + offsetMagnitude;
        for (var row = 0; row < rowPrice.Length; row++)
        {
            if (rowPrice[row] == 0)
                continue;
            var coefficient = path.Coefficient[row];
            magnitude += Math.Abs(rowPrice[row]) * path.Magnitude(coefficient);
            for (var i = 0; i < weight.Length; i++)
                weight[i] += rowPrice[row] * coefficient[i];
        }

        // Each of the few sums over at most Positions terms is off by at most (terms + 2) half units in the last place.
        var error = 4.0 * (path.Positions + rowPrice.Length + 4) * 1.1102230246251565e-16 * magnitude;
        return new() { Price = price, Weight = weight, RowPrice = rowPrice, Tail = path.Tail(weight), Offset = offset, Error = error };
    }

    /// <summary>The items of the best path under these prices.</summary>
    public int[] BestPath(PathModel path)
    {
        var items = new List<int>();
        for (var p = 0; p < path.Positions;)
        {
            var best = -1;
            for (var i = path.Offset[p]; i < path.Offset[p + 1]; i++)
                if (best < 0 || Weight[i] + Tail[p + path.Span[i]] < Weight[best] + Tail[p + path.Span[best]])
                    best = i;
            items.Add(best);
            p += path.Span[best];
        }

        return [.. items];
    }
}
