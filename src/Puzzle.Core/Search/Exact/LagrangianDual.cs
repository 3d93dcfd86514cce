namespace Puzzle.Core.Search.Exact;

/// <summary>
/// Finds the prices that make the Lagrangian bound highest. The dual of that problem mixes whole architectures
/// (one column each, the cheapest under the prices of the moment) so that the mix keeps to every limit; it has as many rows as
/// limits plus one, so a simplex with an explicit inverse solves it exactly in a few dozen pivots.
/// </summary>
internal sealed class LagrangianDual
{
    private const int MostPivots = 3000;
    private readonly PathModel path;
    private readonly Inequality[] sides;
    private readonly double[] scale;
    private readonly double penalty;
    private readonly int size;
    private readonly double[,] inverse;
    private readonly double[] basicCost;
    private readonly double[] basicValue;
    private readonly double[] column;
    private readonly double[] duals;

    private LagrangianDual(PathModel path, Inequality[] sides)
    {
        this.path = path;
        this.sides = sides;
        size = sides.Length + 1;
        inverse = new double[size, size];
        basicCost = new double[size];
        basicValue = new double[size];
        column = new double[size];
        duals = new double[size];
        scale = Array.ConvertAll(sides, side => 1 / Math.Max(1e-300, path.Magnitude(path.Coefficient[side.Row]) + Math.Abs(side.Limit)));
        penalty = 1e7 * (path.Magnitude(path.Value) + 1e-12);
    }

    /// <summary>The best multipliers found, and every architecture priced on the way (items of the path model).</summary>
    public static (Multipliers Best, List<int[]> Paths) Solve(PathModel path, Inequality[] sides)
    {
        var start = Multipliers.Of(path, sides, new double[sides.Length]);
        if (double.IsInfinity(start.Tail[0]))
            return (start, []);
        var paths = new List<int[]> { start.BestPath(path) };
        if (sides.Length == 0)
            return (start, paths);
        return (new LagrangianDual(path, sides).Climb(start, paths), paths);
    }

    private Multipliers Climb(Multipliers best, List<int[]> paths)
    {
        Begin(paths[0]);
        for (var pivot = 0; pivot < MostPivots; pivot++)
        {
            for (var c = 0; c < size; c++)
            {
                duals[c] = 0;
                for (var r = 0; r < size; r++)
                    duals[c] += basicCost[r] * inverse[r, c];
            }

            var (row, excess) = WorstPrice();
            if (row >= 0)
            {
                Array.Clear(column);
                column[row] = excess ? -1 : 1;
                if (!Enter(excess ? penalty : 0))
                    break;
                continue;
            }

            var price = new double[sides.Length];
            for (var s = 0; s < price.Length; s++)
                price[s] = Math.Max(0, -duals[s] * scale[s]);
            var priced = Multipliers.Of(path, sides, price);
            if (priced.Bound > best.Bound)
                best = priced;
            var mix = duals[^1];
            if (priced.Tail[0] - priced.Offset >= mix - 1e-11 * (Math.Abs(mix) + priced.Error))
                break;
            var items = priced.BestPath(path);
            paths.Add(items);
            Activity(items);
            if (!Enter(items.Sum(i => path.Value[i])))
                break;
        }

        return best;
    }

    /// <summary>The first basis: one architecture, and for each limit its slack, or its penalised excess where the architecture breaks it.</summary>
    private void Begin(int[] items)
    {
        Activity(items);
        inverse[size - 1, size - 1] = 1;
        basicCost[size - 1] = items.Sum(i => path.Value[i]);
        basicValue[size - 1] = 1;
        for (var s = 0; s < sides.Length; s++)
        {
            var sign = column[s] <= 0 ? 1 : -1;
            inverse[s, s] = sign;
            inverse[s, size - 1] = -sign * column[s];
            basicCost[s] = sign > 0 ? 0 : penalty;
            basicValue[s] = Math.Abs(column[s]);
        }
    }

    /// <summary>Fills the column of an architecture: by how much it breaks each limit (scaled), and a one.</summary>
    private void Activity(int[] items)
    {
        for (var s = 0; s < sides.Length; s++)
        {
            var sum = 0.0;
            foreach (var i in items)
                sum += path.Coefficient[sides[s].Row][i];
            column[s] = (sides[s].Sign * sum - sides[s].Limit) * scale[s];
        }

        column[size - 1] = 1;
    }

    /// <summary>The price that is furthest below zero or above the penalty.</summary>
    private (int Row, bool Excess) WorstPrice()
    {
        var (row, excess, worst) = (-1, false, -1e-9 * penalty * 1e-7);
        for (var s = 0; s < sides.Length; s++)
        {
            var price = -duals[s];
            if (price < worst)
                (row, excess, worst) = (s, false, price);
            if (penalty - price < worst)
                (row, excess, worst) = (s, true, penalty - price);
        }

        return (row, excess);
    }

    /// <summary>Brings the column into the basis; false where numerics allow no pivot.</summary>
    private bool Enter(double cost)
    {
        Span<double> direction = stackalloc double[size];
        for (var r = 0; r < size; r++)
            for (var c = 0; c < size; c++)
                direction[r] += inverse[r, c] * column[c];
        var leave = -1;
        for (var r = 0; r < size; r++)
            if (direction[r] > 1e-11 && (leave < 0 || basicValue[r] * direction[leave] < basicValue[leave] * direction[r]))
                leave = r;
        if (leave < 0)
            return false;
        var pivot = direction[leave];
        var step = Math.Max(0, basicValue[leave] / pivot);
        for (var r = 0; r < size; r++)
        {
            if (r == leave || direction[r] == 0)
                continue;
            var factor = direction[r] / pivot;
            for (var c = 0; c < size; c++)
                inverse[r, c] -= factor * inverse[leave, c];
            basicValue[r] = Math.Max(0, basicValue[r] - step * direction[r]);
        }

        for (var c = 0; c < size; c++)
            inverse[leave, c] /= pivot;
        basicValue[leave] = step;
        basicCost[leave] = cost;
        return true;
    }
}
