using System.Numerics;

namespace Puzzle.Core.Search.Exact;

/// <summary>
/// Dynamic programming over positions: all partial architectures that no other dominates and whose bound is below the best
/// solution known. With a width it keeps only the most promising of each position, and says what bound it gave up.
/// </summary>
internal sealed class LabelSearch<TCost, TValue>
    where TCost : struct, IBinaryInteger<TCost>
    where TValue : struct, IBinaryInteger<TValue>
{
    private readonly PathModel path;
    private readonly Dimension<TCost>[] dimensions;
    private readonly TValue[] values;
    private readonly int perLabel;
    private readonly double[][] rest;
    private readonly double[][] prices;
    private readonly Dominance<TCost, TValue> dominance;
    private readonly LabelBucket<TCost, TValue>?[] buckets;
    private readonly Stack<LabelBucket<TCost, TValue>> spare = [];
    private readonly TCost[] cost;
    private readonly (int[] Parent, int[] Item)[] history;

    public LabelSearch(PathModel path, Dimension<TCost>[] dimensions, IReadOnlyList<Multipliers> bounds)
    {
        this.path = path;
        this.dimensions = dimensions;
        perLabel = dimensions.Length + 1;
        values = Array.ConvertAll(path.Item, item => TValue.CreateChecked(path.Model.ExactValue[item]));
        dominance = new(dimensions);
        rest = [.. bounds.Select(bound => Array.ConvertAll(bound.Tail, tail => tail - bound.Offset - bound.Error))];
        prices = [.. bounds.Select(bound => Array.ConvertAll(dimensions, d => bound.RowPrice[d.Row] * d.Sign))];
        history = new (int[], int[])[path.Positions + 1];
        buckets = new LabelBucket<TCost, TValue>?[path.Positions + 1];
        cost = new TCost[dimensions.Length];
    }

    /// <summary>Labels expanded so far, over all passes.</summary>
    public long Work { get; private set; }

    /// <summary>
    /// One pass. Labels whose bound reaches <paramref name="cut"/> are dropped.
    /// Returns the best architecture that ends within every limit (items of the path model, null for none) and the least bound
    /// among the labels dropped for width (infinite for none: then nothing below the cut was missed).
    /// </summary>
    public (int[]? Items, double Missed) Run(int width, double cut, CancellationToken stop)
    {
        for (var p = 0; p <= path.Positions; p++)
            Release(p);
        var missed = double.PositiveInfinity;
        var root = At(0);
        root.Add();
        Array.Clear(root.Cost);
        root.Value[0] = TValue.Zero;
        Array.Clear(root.Approximate);
        for (var p = 0; p < path.Positions; p++)
        {
            if (buckets[p] is not { } bucket)
                continue;
            stop.ThrowIfCancellationRequested();
            var survivors = bucket.Count == 1 ? [0] : dominance.Survivors(bucket);
            if (survivors.Count > width)
                missed = Math.Min(missed, Narrow(bucket, survivors, width));
            history[p] = (survivors.ConvertAll(label => bucket.Parent[label]).ToArray(), survivors.ConvertAll(label => bucket.Item[label]).ToArray());
            for (var s = 0; s < survivors.Count; s++)
                Expand(bucket, p, survivors[s], s, cut);
            Work += survivors.Count;
            Release(p);
        }

        return (Best(), missed);
    }

    private static double Narrow(LabelBucket<TCost, TValue> bucket, List<int> survivors, int width)
    {
        survivors.Sort((a, b) => bucket.Bound[a] != bucket.Bound[b] ? bucket.Bound[a].CompareTo(bucket.Bound[b]) : a.CompareTo(b));
        var missed = bucket.Bound[survivors[width]];
        survivors.RemoveRange(width, survivors.Count - width);
        return missed;
    }

    private LabelBucket<TCost, TValue> At(int p) =>
        buckets[p] ??= spare.TryPop(out var bucket) ? bucket : new(dimensions.Length);

    private void Release(int p)
    {
        if (buckets[p] is not { } bucket)
            return;
        bucket.Clear();
        spare.Push(bucket);
        buckets[p] = null;
    }

    private void Expand(LabelBucket<TCost, TValue> from, int p, int label, int survivor, double cut)
    {
        Span<double> approximate = stackalloc double[perLabel];
        for (var i = path.Offset[p]; i < path.Offset[p + 1]; i++)
        {
            var next = p + path.Span[i];
            approximate[0] = from.Approximate[label * perLabel] + path.Value[i];
            var fits = true;
            for (var d = 0; d < dimensions.Length && fits; d++)
            {
                var dimension = dimensions[d];
                var exact = from.Cost[label * dimensions.Length + d] + dimension.Coefficient[i];
                var asIs = exact;
                fits = dimension.Admit(ref exact, next);
                cost[d] = exact;
                approximate[d + 1] = exact == asIs
                    ? from.Approximate[label * perLabel + d + 1] + dimension.Sign * path.Coefficient[dimension.Row][i]
                    : double.CreateChecked(exact) * dimension.Unit;
            }

            if (!fits)
                continue;
            var bound = double.NegativeInfinity;
            for (var k = 0; k < rest.Length; k++)
            {
                var price = prices[k];
                var sum = approximate[0] + rest[k][next];
                for (var d = 0; d < price.Length; d++)
                    sum += price[d] * approximate[d + 1];
                if (sum > bound)
                {
                    bound = sum;
                    if (bound >= cut)
                        break;
                }
            }

            if (bound >= cut)
                continue;
            var to = At(next);
            var slot = to.Add();
            cost.AsSpan().CopyTo(to.Cost.AsSpan(slot * dimensions.Length));
            approximate.CopyTo(to.Approximate.AsSpan(slot * perLabel));
            to.Value[slot] = from.Value[label] + values[i];
            to.Bound[slot] = bound;
            to.Parent[slot] = survivor;
            to.Item[slot] = i;
        }
    }

    private int[]? Best()
    {
        if (buckets[^1] is not { } last)
            return null;
        var best = 0;
        for (var label = 1; label < last.Count; label++)
            if (last.Value[label] < last.Value[best])
                best = label;
        var items = new List<int>();
        var (item, parent) = (last.Item[best], last.Parent[best]);
        for (var p = path.Positions - path.Span[item]; ; p -= path.Span[item])
        {
            items.Add(item);
            if (p == 0)
                break;
            (item, parent) = (history[p].Item[parent], history[p].Parent[parent]);
        }

        items.Reverse();
        return [.. items];
    }
}
