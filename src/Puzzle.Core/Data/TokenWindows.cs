using static TorchSharp.torch;

namespace Puzzle.Core.Data;

/// <summary>
/// A token stream cut into windows of equal length, drawn in a deterministic order that is shuffled anew each epoch. The
/// position is one number, so that a run resumes where it stopped.
/// </summary>
public sealed class TokenWindows
{
    private readonly int[] _ids;
    private readonly ulong _seed;
    private readonly Dictionary<long, int[]> _orders = [];

    /// <param name="ids">The stream, documents with their boundaries one after the other.</param>
    /// <param name="length">Tokens a window.</param>
    /// <param name="seed">Of the order.</param>
    /// <exception cref="ArgumentException">Fewer ids than one window.</exception>
    public TokenWindows(int[] ids, int length, ulong seed)
    {
        if (ids.Length < length)
            throw new ArgumentException($"the data has {ids.Length} tokens; one window needs {length}");
        (_ids, Length, _seed) = (ids, length, seed);
    }

    /// <summary>Tokens a window.</summary>
    public int Length { get; }

    /// <summary>Whole windows in the stream.</summary>
    public int Count => _ids.Length / Length;

    /// <summary>The windows at positions 'first' to 'first + count' of the endless shuffled order: ids [count, Length], int64.</summary>
    public Tensor Shuffled(long first, int count) => Gather(Enumerable.Range(0, count).Select(i => Order(first + i)));

    /// <summary>Windows in the order of the text: [count, Length], int64.</summary>
    public Tensor InOrder(int first, int count) => Gather(Enumerable.Range(first, count));

    private int Order(long position)
    {
        var epoch = position / Count;
        if (!_orders.TryGetValue(epoch, out var order))
        {
            _orders.Clear();
            order = [.. Enumerable.Range(0, Count)];
            Shuffle(order, _seed + (ulong)epoch * 0x9E3779B97F4A7C15UL);
            _orders[epoch] = order;
        }

        return order[position % Count];
    }

    // SplitMix64 and Fisher-Yates: the order must not depend on the .NET version.
    private static void Shuffle(int[] items, ulong state)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            state += 0x9E3779B97F4A7C15UL;
            var z = state;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
            var j = (int)((z ^ (z >> 31)) % (ulong)(i + 1));
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    private Tensor Gather(IEnumerable<int> windows)
    {
        var rows = windows.ToArray();
        var flat = new long[rows.Length * Length];
        for (var row = 0; row < rows.Length; row++)
        {
            for (var t = 0; t < Length; t++)
                flat[row * Length + t] = _ids[rows[row] * Length + t];
        }

        return tensor(flat).view(rows.Length, Length);
    }
}
