using System.Numerics;

namespace Puzzle.Evaluation.Randomness;

// The Mersenne Twister MT19937 (Matsumoto and Nishimura, 1998) with the seeding and the derived draws of Python's
// random module: the few-shot cases of a task are defined by them.

/// <summary>Draws the same numbers as Python's <c>random.Random(seed)</c>.</summary>
public sealed class PythonRandom
{
    private const int StateSize = 624;
    private const int Period = 397;

    private readonly uint[] _state = new uint[StateSize];
    private int _next = StateSize;

    public PythonRandom(long seed)
    {
        // Python seeds by the absolute value, in 32-bit words, the low one first; zero is one word.
        var magnitude = seed == long.MinValue ? 1UL << 63 : (ulong)Math.Abs(seed);
        SeedByArray(magnitude >> 32 == 0 ? [(uint)magnitude] : [(uint)magnitude, (uint)(magnitude >> 32)]);
    }

    /// <summary><c>random()</c>: 53 random bits in [0, 1).</summary>
    public double NextDouble()
    {
        var high = NextUInt32() >> 5;
        var low = NextUInt32() >> 6;
        return ((high * 67108864.0) + low) / 9007199254740992.0;
    }

    /// <summary><c>_randbelow(bound)</c>: uniform in [0, bound), bound at least 1 and below 2^32.</summary>
    public int NextBelow(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bound, 1);
        var bits = BitOperations.Log2((uint)bound) + 1;
        uint drawn;
        do
        {
            drawn = NextUInt32() >> (32 - bits);
        }
        while (drawn >= (uint)bound);
        return (int)drawn;
    }

    /// <summary>The indices that <c>sample(population, count)</c> takes, in its order.</summary>
    public int[] SampleIndices(int populationSize, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, populationSize);
        var result = new int[count];

        // Python takes whichever of its two methods needs less memory; they draw differently.
        var setSize = 21.0;
        if (count > 5)
            setSize += Math.Pow(4, Math.Ceiling(Math.Log(count * 3.0) / Math.Log(4)));
        if (populationSize <= setSize)
        {
            var pool = Enumerable.Range(0, populationSize).ToArray();
            for (var i = 0; i < count; i++)
            {
                var drawn = NextBelow(populationSize - i);
                result[i] = pool[drawn];
                pool[drawn] = pool[populationSize - i - 1];
            }
        }
        else
        {
            var taken = new HashSet<int>();
            for (var i = 0; i < count; i++)
            {
                int drawn;
                do
                {
                    drawn = NextBelow(populationSize);
                }
                while (!taken.Add(drawn));
                result[i] = drawn;
            }
        }

        return result;
    }

    /// <summary><c>shuffle(list)</c>, in place.</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = NextBelow(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    private void SeedByArray(ReadOnlySpan<uint> key)
    {
        _state[0] = 19650218;
        for (var i = 1; i < StateSize; i++)
            _state[i] = (1812433253u * (_state[i - 1] ^ (_state[i - 1] >> 30))) + (uint)i;

        var (at, word) = (1, 0);
        for (var k = Math.Max(StateSize, key.Length); k > 0; k--)
        {
            _state[at] = (_state[at] ^ ((_state[at - 1] ^ (_state[at - 1] >> 30)) * 1664525u)) + key[word] + (uint)word;
            word = (word + 1) % key.Length;
            Advance(ref at);
        }

        for (var k = StateSize - 1; k > 0; k--)
        {
            _state[at] = (_state[at] ^ ((_state[at - 1] ^ (_state[at - 1] >> 30)) * 1566083941u)) - (uint)at;
            Advance(ref at);
        }

        _state[0] = 0x80000000u;

        void Advance(ref int index)
        {
            if (++index < StateSize)
                return;
            _state[0] = _state[StateSize - 1];
            index = 1;
        }
    }

    private uint NextUInt32()
    {
        if (_next == StateSize)
            Twist();
        var y = _state[_next++];
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c5680u;
        y ^= (y << 15) & 0xefc60000u;
        return y ^ (y >> 18);
    }

    private void Twist()
    {
        for (var i = 0; i < StateSize; i++)
        {
            var mixed = (_state[i] & 0x80000000u) | (_state[(i + 1) % StateSize] & 0x7fffffffu);
            _state[i] = _state[(i + Period) % StateSize] ^ (mixed >> 1) ^ ((mixed & 1) == 0 ? 0u : 0x9908b0dfu);
        }

        _next = 0;
    }
}
