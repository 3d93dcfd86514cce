namespace Puzzle.Core.Stories;

// SplitMix64 (Steele, Lea, Flood 2014): the same numbers on every machine and runtime, and a stream per story from one multiply.
internal sealed class StoryRandom(ulong seed)
{
    private ulong _state = seed;

    public static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }

    public ulong Next() => Mix(_state += 0x9E3779B97F4A7C15UL);

    /// <summary>0 to count - 1; the bias of the multiplication is below 2^-32 for the small counts used here.</summary>
    public int Below(int count) => (int)(((Next() >> 32) * (ulong)count) >> 32);

    public int Between(int least, int most) => least + Below(most - least + 1);

    public double Unit() => (Next() >> 11) * (1.0 / (1UL << 53));

    public bool Chance(double share) => Unit() < share;

    public T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = Below(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    /// <summary>Different items of a pool, in random order.</summary>
    public T[] Sample<T>(IReadOnlyList<T> pool, int count)
    {
        var picked = new T[count];
        Span<int> taken = stackalloc int[count];
        for (var i = 0; i < count; i++)
        {
            int index;
            do
            {
                index = Below(pool.Count);
            }
            while (taken[..i].Contains(index));

            taken[i] = index;
            picked[i] = pool[index];
        }

        return picked;
    }
}
