namespace Puzzle.Core.Data;

/// <summary>Some of the windows of a stream, all from one source, and how often they are drawn.</summary>
/// <param name="First">The first of them.</param>
/// <param name="Count">How many.</param>
/// <param name="Weight">How often one is drawn, relative to the other groups.</param>
public sealed record WindowGroup(int First, int Count, double Weight);

/// <summary>
/// The order in which windows of several sources are drawn. Until a source runs out, every stretch of the order holds the
/// sources in the shares of their weights; a source that runs out starts again, at most <see cref="MostRepeats"/> times
/// an epoch. An epoch ends when every window was drawn at least once.
/// </summary>
public sealed class WindowMix
{
    /// <summary>How often a window may come in one epoch while larger sources are not yet through.</summary>
    public const int MostRepeats = 4;

    private const ulong Golden = 0x9E3779B97F4A7C15UL;
    private readonly WindowGroup[] _groups;
    private readonly ulong _seed;
    private readonly bool _shuffle;
    private readonly int[] _turns;

    /// <param name="groups">Disjoint; those without windows are passed over.</param>
    /// <param name="seed">Of the order within a source.</param>
    /// <param name="shuffle">Whether the windows of a source are shuffled, anew each epoch; else they come as in the text.</param>
    public WindowMix(IReadOnlyList<WindowGroup> groups, ulong seed, bool shuffle)
    {
        (_groups, _seed, _shuffle) = ([.. groups.Where(group => group.Count > 0)], seed, shuffle);
        _turns = [.. Turns(_groups)];
    }

    /// <summary>Windows drawn in an epoch, repeats included.</summary>
    public int Length => _turns.Length;

    /// <summary>The windows of an epoch in their order.</summary>
    public int[] Epoch(long epoch)
    {
        var orders = _groups.Select((group, g) => Order(group, _seed + (ulong)epoch * Golden + (ulong)g * 0xD1B54A32D192ED03UL)).ToArray();
        var drawn = new int[_groups.Length];
        var windows = new int[_turns.Length];
        for (var i = 0; i < windows.Length; i++)
        {
            var turn = _turns[i];
            windows[i] = orders[turn][drawn[turn]++ % orders[turn].Length];
        }

        return windows;
    }

    // Whose turn it is: always the group that is furthest behind its share.
    private static IEnumerable<int> Turns(WindowGroup[] groups)
    {
        var drawn = new int[groups.Length];
        var unfinished = groups.Length;
        while (unfinished > 0)
        {
            var next = -1;
            for (var g = 0; g < groups.Length; g++)
            {
                if (drawn[g] < groups[g].Count * (long)MostRepeats && (next < 0 || (drawn[g] + 1) / groups[g].Weight < (drawn[next] + 1) / groups[next].Weight))
                    next = g;
            }

            if (++drawn[next] == groups[next].Count)
                unfinished--;
            yield return next;
        }
    }

    private int[] Order(WindowGroup group, ulong seed)
    {
        int[] order = [.. Enumerable.Range(group.First, group.Count)];
        if (_shuffle)
            Shuffle(order, seed);
        return order;
    }

    /// <summary>Shuffles in place (SplitMix64 and Fisher-Yates): the order must not depend on the .NET version.</summary>
    public static void Shuffle<T>(T[] items, ulong state)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            state += Golden;
            var z = state;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
            var j = (int)((z ^ (z >> 31)) % (ulong)(i + 1));
            (items[i], items[j]) = (items[j], items[i]);
        }
    }
}
