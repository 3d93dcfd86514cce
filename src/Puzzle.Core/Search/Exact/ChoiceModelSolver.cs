using System.Numerics;

namespace Puzzle.Core.Search.Exact;

/// <summary>
/// Solves a <see cref="ChoiceModel"/> to proven optimality: dominance, Lagrangian bound, reduced-cost fixing, then dynamic
/// programming of growing width, and OR-Tools where that would grow too wide.
/// </summary>
internal sealed class ChoiceModelSolver
{
    private static readonly int[] Widths = [64, 1_000, 16_000, 120_000];

    private readonly ChoiceModel model;
    private readonly bool[] alive;
    private readonly double gap;
    private readonly CancellationToken stop;
    private int[]? incumbent;
    private BigInteger incumbentValue;
    private double upper = double.PositiveInfinity;

    private ChoiceModelSolver(ChoiceModel model, double gap, CancellationToken stop)
    {
        this.model = model;
        // A hair below: the gap that is reported, a quotient of doubles, must not round to above what was asked for.
        this.gap = gap * (1 - 1e-9);
        this.stop = stop;
        alive = new bool[model.ItemCount];
        Array.Fill(alive, true);
    }

    /// <summary>Solves within a relative gap; a solution already known makes it faster.</summary>
    /// <param name="cutoff">Only choices with a smaller sum are of interest.</param>
    public static ChoiceResult Solve(ChoiceModel model, double gap = 0, int[]? known = null, double cutoff = double.PositiveInfinity, CancellationToken stop = default)
    {
        var solver = new ChoiceModelSolver(model, gap, stop) { upper = cutoff };
        if (known is not null)
            solver.Offer(known);
        return solver.Run();
    }

    private ChoiceResult Run()
    {
        DropDominated();
        var path = PathModel.Of(model, alive, [.. Enumerable.Range(0, model.LayerCount)]);
        var sides = Inequality.Of(model.Rows);
        if (!DropWhatCannotFit(ref path, sides))
            return Infeasible(double.PositiveInfinity, new double[model.Rows.Length]);
        sides = Binding(path, sides);

        var (dual, paths) = LagrangianDual.Solve(path, sides);
        foreach (var items in paths)
            Offer(Array.ConvertAll(items, i => path.Item[i]));
        var relaxation = dual.Bound;
        var rowPrices = dual.RowPrice;
        if (relaxation > path.Magnitude(path.Value) * 1.000001)
            return Infeasible(relaxation, rowPrices);
        if (Closed(relaxation))
            return Result(true, relaxation, relaxation, rowPrices);

        var bound = relaxation;
        foreach (var width in Widths)
        {
            Fix(path, dual);
            path = PathModel.Of(model, alive, Order(path, dual));
            if (double.IsInfinity(path.Tail(path.Value)[0]))
                return Result(true, Math.Max(bound, upper), relaxation, rowPrices);
            sides = Binding(path, Inequality.Of(model.Rows));
            int[]? found;
            double missed;
            try
            {
                (found, missed) = Pass(path, sides, dual, width);
            }
            catch (OperationCanceledException)
            {
                break;
            }

            if (found is not null)
                Offer(Array.ConvertAll(found, i => path.Item[i]));
            bound = Math.Max(bound, Math.Min(missed, Cut()));
            if (double.IsPositiveInfinity(missed) || Closed(bound))
                return Result(true, bound, relaxation, rowPrices);
            dual = Reprice(path, dual);
        }

        // CP-SAT ends with a proof or with the time.
        var proven = !stop.IsCancellationRequested && CpSatFinish.Run(model, alive, ExactCut(), OfferExactly, stop);
        return proven ? Result(true, Math.Max(bound, incumbent is null ? double.PositiveInfinity : Cut()), relaxation, rowPrices) : Result(false, bound, relaxation, rowPrices);
    }

    private BigInteger? OfferExactly(int[] choice)
    {
        Offer(choice);
        return ExactCut();
    }

    /// <summary>The largest sum on the grid of values that is still of use; null where any is.</summary>
    private BigInteger? ExactCut()
    {
        if (double.IsInfinity(upper))
            return null;
        // Without a gap what is wanted is less than the best known, exactly.
        return gap == 0 && incumbent is not null ? incumbentValue - 1 : ExactDecimal.From(Cut()).CeilingAt(model.ValueGrid) - 1;
    }

    private ChoiceResult Infeasible(double relaxation, double[] rowPrices) =>
        incumbent is not null ? Result(true, upper, relaxation, rowPrices) : new(null, true, double.PositiveInfinity, double.PositiveInfinity, relaxation, rowPrices);

    private ChoiceResult Result(bool proven, double bound, double relaxation, double[] rowPrices) =>
        new(incumbent, proven, incumbent is null ? double.PositiveInfinity : upper, Math.Min(bound, upper), relaxation, rowPrices);

    /// <summary>Sums at or above this are of no use.</summary>
    private double Cut() => double.IsInfinity(upper) ? upper : upper - gap * Math.Abs(upper);

    private bool Closed(double bound) => incumbent is not null && bound >= Cut();

    /// <summary>Takes a choice as the best so far if it keeps to every row, exactly, and is better.</summary>
    private void Offer(int[] choice)
    {
        var value = model.ExactSum(choice);
        if ((incumbent is not null && value >= incumbentValue) || !model.Holds(choice))
            return;
        var sum = new ExactDecimal(value, model.ValueGrid).ToDouble();
        if (incumbent is null && sum >= upper)
            return; // not below the cutoff
        (incumbent, incumbentValue, upper) = (choice, value, sum);
    }

    /// <summary>An item that another on the same layers beats or equals in value and in every row is never needed.</summary>
    private void DropDominated()
    {
        foreach (var group in Enumerable.Range(0, model.ItemCount).GroupBy(item => (model.First[item], model.Span[item])))
        {
            var items = group.ToArray();
            foreach (var item in items)
                alive[item] = !items.Any(other => other != item && alive[other] && Dominates(other, item));
        }
    }

    private bool Dominates(int a, int b)
    {
        if (model.Value[a] > model.Value[b])
            return false;
        foreach (var row in model.Rows)
        {
            if (row.Upper is not null && row.Coefficient[a] > row.Coefficient[b])
                return false;
            if (row.Lower is not null && row.Coefficient[a] < row.Coefficient[b])
                return false;
        }

        return true;
    }

    /// <summary>Drops items that lie on no path or that no completion can bring within a limit; false where nothing is left.</summary>
    private bool DropWhatCannotFit(ref PathModel path, Inequality[] sides)
    {
        for (var changed = true; changed;)
        {
            changed = Drop(path, new double[path.Item.Length], double.MaxValue);
            foreach (var side in sides)
            {
                var weight = Array.ConvertAll(path.Coefficient[side.Row], coefficient => side.Sign * coefficient);
                var error = 1e-13 * (path.Magnitude(weight) + Math.Abs(side.Limit));
                changed |= Drop(path, weight, side.Limit + error);
            }

            if (changed)
                path = PathModel.Of(model, alive, [.. Enumerable.Range(0, model.LayerCount)]);
            if (double.IsInfinity(path.Tail(path.Value)[0]))
                return false;
        }

        return true;
    }

    /// <summary>Drops items through which the least sum of weights is above a limit.</summary>
    private bool Drop(PathModel path, ReadOnlySpan<double> weight, double limit)
    {
        var (head, tail) = (path.Head(weight), path.Tail(weight));
        var dropped = false;
        for (var p = 0; p < path.Positions; p++)
            for (var i = path.Offset[p]; i < path.Offset[p + 1]; i++)
                if (alive[path.Item[i]] && head[p] + weight[i] + tail[p + path.Span[i]] > limit)
                    (alive[path.Item[i]], dropped) = (false, true);
        return dropped;
    }

    /// <summary>Reduced-cost fixing: drops items through which even the relaxation is no better than the best known.</summary>
    private void Fix(PathModel path, Multipliers dual)
    {
        if (!double.IsInfinity(upper))
            Drop(path, dual.Weight, Cut() + dual.Offset + dual.Error);
    }

    /// <summary>The sides of rows that some path through the remaining items breaks.</summary>
    private static Inequality[] Binding(PathModel path, Inequality[] sides) =>
        [.. sides.Where(side =>
        {
            var weight = Array.ConvertAll(path.Coefficient[side.Row], coefficient => -side.Sign * coefficient);
            return -path.Tail(weight)[0] + 1e-13 * (path.Magnitude(weight) + Math.Abs(side.Limit)) > side.Limit;
        })];

    /// <summary>
    /// Layers with nothing left to choose first, then those where deviating from the relaxation costs most: few labels early on, and
    /// many only where the remaining budget is nearly known.
    /// </summary>
    private int[] Order(PathModel path, Multipliers dual)
    {
        var (head, tail) = (path.Head(dual.Weight), path.Tail(dual.Weight));
        var regret = new double[model.ItemCount];
        for (var p = 0; p < path.Positions; p++)
            for (var i = path.Offset[p]; i < path.Offset[p + 1]; i++)
                regret[path.Item[i]] = head[p] + dual.Weight[i] + tail[p + path.Span[i]] - tail[0];
        var items = Enumerable.Range(0, model.ItemCount).Where(item => alive[item]).ToLookup(item => model.First[item]);
        return [.. PathModel.Segments(model, alive)
            .Select(segment =>
            {
                var regrets = Enumerable.Range(segment.First, segment.Count).SelectMany(layer => items[layer]).Select(item => regret[item]).Order().ToArray();
                return (segment, Key: regrets.Length <= segment.Count ? double.PositiveInfinity : regrets[1]);
            })
            .OrderByDescending(entry => entry.Key)
            .SelectMany(entry => Enumerable.Range(entry.segment.First, entry.segment.Count))];
    }

    /// <summary>The same prices on a smaller model, or better ones.</summary>
    private Multipliers Reprice(PathModel path, Multipliers dual)
    {
        var sides = Binding(path, Inequality.Of(model.Rows));
        return LagrangianDual.Solve(path, sides).Best;
    }

    private (int[]? Items, double Missed) Pass(PathModel path, Inequality[] sides, Multipliers dual, int width)
    {
        var bounds = Bounds(path, sides, dual);
        var rows = sides.GroupBy(side => side.Row).Select(group => (Row: group.Key, Upper: group.Any(side => side.Sign > 0), Lower: group.Any(side => side.Sign < 0))).ToArray();
        var costBits = rows.Select(row => Bits(path, model.Rows[row.Row])).DefaultIfEmpty(0).Max();
        var valueBits = BitsOfPath(path, model.ExactValue);
        return (costBits, valueBits) switch
        {
            ( <= 61, <= 61) => Pass<long, long>(path, rows, bounds, width),
            ( <= 61, <= 125) => Pass<long, Int128>(path, rows, bounds, width),
            ( <= 125, <= 125) => Pass<Int128, Int128>(path, rows, bounds, width),
            _ => Pass<BigInteger, BigInteger>(path, rows, bounds, width),
        };
    }

    private (int[]? Items, double Missed) Pass<TCost, TValue>(PathModel path, (int Row, bool Upper, bool Lower)[] rows, List<Multipliers> bounds, int width)
        where TCost : struct, IBinaryInteger<TCost>
        where TValue : struct, IBinaryInteger<TValue>
    {
        Dimension<TCost>[] dimensions = [.. rows.Select(row => Dimension<TCost>.Of(path, row.Row, row.Upper, row.Lower))];
        return new LabelSearch<TCost, TValue>(path, dimensions, bounds).Run(width, Cut(), stop);
    }

    private static int Bits(PathModel path, ModelRow row) =>
        Math.Max(BitsOfPath(path, row.Exact), Math.Max(Bits(row.ExactLower), Bits(row.ExactUpper)) + 1);

    private static int Bits(BigInteger? value) => value is { } number ? (int)BigInteger.Abs(number).GetBitLength() : 0;

    /// <summary>Bits of the largest sum along any path.</summary>
    private static int BitsOfPath(PathModel path, BigInteger[] exact)
    {
        var sum = BigInteger.Zero;
        for (var p = 0; p < path.Positions; p++)
        {
            var largest = BigInteger.Zero;
            for (var i = path.Offset[p]; i < path.Offset[p + 1]; i++)
                largest = BigInteger.Max(largest, BigInteger.Abs(exact[path.Item[i]]));
            sum += largest;
        }

        return Bits(sum) + 1;
    }

    /// <summary>The best prices and prices around them: labels whose remaining budget is off the usual are bounded better by those.</summary>
    private static List<Multipliers> Bounds(PathModel path, Inequality[] sides, Multipliers dual)
    {
        var best = new double[sides.Length];
        for (var s = 0; s < best.Length; s++)
            best[s] = Math.Max(0, sides[s].Sign * dual.RowPrice[sides[s].Row]);
        var bounds = new List<Multipliers> { Multipliers.Of(path, sides, best) };
        foreach (var factor in (double[])[0.97, 1.03, 0.93, 1.07, 0.85, 1.15, 0.7, 1.3, 0.5, 1.5, 2])
        {
            for (var s = 0; s < best.Length && bounds.Count < 32; s++)
            {
                if (best[s] == 0)
                    continue;
                var price = (double[])best.Clone();
                price[s] *= factor;
                bounds.Add(Multipliers.Of(path, sides, price));
            }
        }

        return bounds;
    }
}
