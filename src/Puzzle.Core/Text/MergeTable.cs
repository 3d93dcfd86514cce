namespace Puzzle.Core.Text;

/// <summary>
/// Byte-pair merges by ids. <see cref="Apply"/> joins the pair of least rank first, the leftmost of equals:
/// quadratic scanning for words, a priority queue for long runs (n log n).
/// </summary>
internal sealed class MergeTable(int capacity)
{
    private const int LongWord = 48;
    private readonly Dictionary<ulong, (int Rank, int Id)> merges = new(capacity);

    public int Count => merges.Count;

    /// <summary>Adds a merge; a later one of the same pair replaces the earlier.</summary>
    public void Add(int left, int right, int rank, int result) => merges[Key(left, right)] = (rank, result);

    /// <summary>Merges <paramref name="ids"/> in place; returns how many remain.</summary>
    public int Apply(Span<int> ids)
    {
        if (ids.Length < 2)
            return ids.Length;
        return ids.Length <= LongWord ? ApplyShort(ids) : ApplyLong(ids);
    }

    private int ApplyShort(Span<int> ids)
    {
        Span<int> ranks = stackalloc int[LongWord];
        Span<int> results = stackalloc int[LongWord];
        var count = ids.Length;
        for (var i = 0; i + 1 < count; i++)
            (ranks[i], results[i]) = Find(ids[i], ids[i + 1]);
        while (count > 1)
        {
            var best = 0;
            for (var i = 1; i + 1 < count; i++)
            {
                if (ranks[i] < ranks[best])
                    best = i;
            }

            if (ranks[best] == int.MaxValue)
                break;
            ids[best] = results[best];
            ids[(best + 2)..count].CopyTo(ids[(best + 1)..]);
            if (best + 2 < count)
            {
                ranks[(best + 2)..count].CopyTo(ranks[(best + 1)..]);
                results[(best + 2)..count].CopyTo(results[(best + 1)..]);
            }

            count--;
            if (best > 0)
                (ranks[best - 1], results[best - 1]) = Find(ids[best - 1], ids[best]);
            if (best + 1 < count)
                (ranks[best], results[best]) = Find(ids[best], ids[best + 1]);
        }

        return count;
    }

    private int ApplyLong(Span<int> ids)
    {
        var next = new int[ids.Length];
        var previous = new int[ids.Length];
        var queue = new PriorityQueue<(int At, int Left, int Right, int Result), ulong>();
        for (var i = 0; i < ids.Length; i++)
        {
            next[i] = i + 1;
            previous[i] = i - 1;
            if (i + 1 < ids.Length)
                Offer(queue, i, ids[i], ids[i + 1]);
        }

        while (queue.TryDequeue(out var merge, out _))
        {
            var (at, left, right, result) = merge;
            var other = next[at];
            if (ids[at] != left || other >= ids.Length || ids[other] != right)
                continue; // one of the two was merged meanwhile
            ids[at] = result;
            ids[other] = -1;
            next[at] = next[other];
            if (next[at] < ids.Length)
            {
                previous[next[at]] = at;
                Offer(queue, at, result, ids[next[at]]);
            }

            if (previous[at] >= 0)
                Offer(queue, previous[at], ids[previous[at]], result);
        }

        var count = 0;
        for (var i = 0; i < ids.Length; i = next[i])
            ids[count++] = ids[i];
        return count;
    }

    private void Offer(PriorityQueue<(int At, int Left, int Right, int Result), ulong> queue, int at, int left, int right)
    {
        var (rank, result) = Find(left, right);
        if (rank != int.MaxValue)
            queue.Enqueue((at, left, right, result), ((ulong)(uint)rank << 32) | (uint)at);
    }

    private (int Rank, int Id) Find(int left, int right) =>
        merges.TryGetValue(Key(left, right), out var merge) ? merge : (int.MaxValue, -1);

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;
}
