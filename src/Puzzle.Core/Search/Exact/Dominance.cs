using System.Numerics;

namespace Puzzle.Core.Search.Exact;

/// <summary>
/// Drops labels that another label of the same position beats or equals in value and in every cost: whatever completes the one
/// completes the other at least as well. Costs with two bounds must be equal for that.
/// </summary>
internal sealed class Dominance<TCost, TValue>
    where TCost : struct, IBinaryInteger<TCost>
    where TValue : struct, IBinaryInteger<TValue>
{
    // With three and more one-sided costs an exact filter is quadratic; comparing with the best few finds most of what it would.
    private const int Compared = 48;

    private readonly int dimensions;
    private readonly int[] free;
    private readonly int[] pinned;
    private readonly List<(TCost Cost, TValue Value)> stairs = [];

    public Dominance(IReadOnlyList<Dimension<TCost>> dimensions)
    {
        this.dimensions = dimensions.Count;
        free = [.. Enumerable.Range(0, dimensions.Count).Where(d => dimensions[d].Lower is null)];
        pinned = [.. Enumerable.Range(0, dimensions.Count).Where(d => dimensions[d].Lower is not null)];
    }

    /// <summary>The labels that remain.</summary>
    public List<int> Survivors(LabelBucket<TCost, TValue> bucket)
    {
        var order = new int[bucket.Count];
        for (var i = 0; i < order.Length; i++)
            order[i] = i;
        var kept = new List<int>();
        if (pinned.Length == 0 && free.Length is 1 or 2)
        {
            var keys = new TCost[bucket.Count];
            for (var i = 0; i < keys.Length; i++)
                keys[i] = bucket.Cost[i * dimensions + free[0]];
            Array.Sort(keys, order);
            Filter(bucket, order, kept);
            return kept;
        }

        Array.Sort(order, (a, b) =>
        {
            foreach (var d in pinned)
            {
                var sign = bucket.Cost[a * dimensions + d].CompareTo(bucket.Cost[b * dimensions + d]);
                if (sign != 0)
                    return sign;
            }

            var byKey = free.Length is 1 or 2 ? bucket.Cost[a * dimensions + free[0]].CompareTo(bucket.Cost[b * dimensions + free[0]]) : 0;
            return byKey != 0 ? byKey : bucket.Value[a].CompareTo(bucket.Value[b]);
        });
        for (var start = 0; start < order.Length;)
        {
            var end = start + 1;
            while (end < order.Length && SameGroup(bucket, order[start], order[end]))
                end++;
            Filter(bucket, order.AsSpan(start, end - start), kept);
            start = end;
        }

        return kept;
    }

    private bool SameGroup(LabelBucket<TCost, TValue> bucket, int a, int b)
    {
        foreach (var d in pinned)
            if (bucket.Cost[a * dimensions + d] != bucket.Cost[b * dimensions + d])
                return false;
        return true;
    }

    /// <summary>Filters labels that agree in every pinned cost; sorted by the first free cost where there are one or two, else by value.</summary>
    private void Filter(LabelBucket<TCost, TValue> bucket, ReadOnlySpan<int> order, List<int> kept)
    {
        switch (free.Length)
        {
            case 0:
                kept.Add(order[0]);
                break;
            case 1:
                foreach (var label in order)
                    if (kept.Count == 0 || label == order[0] || bucket.Value[label] < bucket.Value[kept[^1]])
                        kept.Add(label);
                break;
            case 2:
                stairs.Clear();
                foreach (var label in order)
                    if (Climb(bucket.Cost[label * dimensions + free[1]], bucket.Value[label]))
                        kept.Add(label);
                break;
            default:
                var first = kept.Count;
                foreach (var label in order)
                    if (!BeatenByOne(bucket, label, kept, first))
                        kept.Add(label);
                break;
        }
    }

    /// <summary>Adds a point to the staircase of least values by cost; false where the stairs are already at or below it.</summary>
    private bool Climb(TCost cost, TValue value)
    {
        int low = 0, high = stairs.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (stairs[middle].Cost <= cost)
                low = middle + 1;
            else
                high = middle;
        }

        if (low > 0 && stairs[low - 1].Value <= value)
            return false;
        if (low > 0 && stairs[low - 1].Cost == cost)
            low--;
        var gone = low;
        while (gone < stairs.Count && stairs[gone].Value >= value)
            gone++;
        if (gone > low)
        {
            stairs[low] = (cost, value);
            stairs.RemoveRange(low + 1, gone - low - 1);
        }
        else
        {
            stairs.Insert(low, (cost, value));
        }

        return true;
    }

    private bool BeatenByOne(LabelBucket<TCost, TValue> bucket, int label, List<int> kept, int first)
    {
        for (var k = first; k < kept.Count && k < first + Compared; k++)
            if (Beats(bucket, kept[k], label))
                return true;
        for (var k = kept.Count - 1; k >= first + Compared && k >= kept.Count - Compared; k--)
            if (Beats(bucket, kept[k], label))
                return true;
        return false;
    }

    private bool Beats(LabelBucket<TCost, TValue> bucket, int a, int b)
    {
        foreach (var d in free)
            if (bucket.Cost[a * dimensions + d] > bucket.Cost[b * dimensions + d])
                return false;
        return bucket.Value[a] <= bucket.Value[b];
    }
}
