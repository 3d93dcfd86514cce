using static TorchSharp.torch;

namespace Puzzle.Core.Data;

/// <summary>
/// A token stream cut into windows of equal length, drawn in a deterministic order that is shuffled anew each epoch. The
/// position is one number, so that a run resumes where it stopped.
/// </summary>
public sealed class TokenWindows
{
    private readonly int[] _ids;
    private readonly bool[]? _padding;
    private readonly WindowMix _mix;
    private (long Epoch, int[] Windows)? _order;

    /// <param name="ids">The stream, documents with their boundaries one after the other.</param>
    /// <param name="length">Tokens a window.</param>
    /// <param name="seed">Of the order.</param>
    /// <param name="shuffle">False: each epoch in the order of the stream, for text that is a course of lessons.</param>
    /// <exception cref="ArgumentException">Fewer ids than one window.</exception>
    public TokenWindows(int[] ids, int length, ulong seed, bool shuffle = true)
        : this(ids, length, new WindowMix([new WindowGroup(0, ids.Length / length, 1)], seed, shuffle))
    {
    }

    /// <param name="ids">The stream.</param>
    /// <param name="length">Tokens a window.</param>
    /// <param name="mix">The order in which windows are drawn.</param>
    /// <param name="padding">For each id, whether it is padding; null: none is.</param>
    /// <exception cref="ArgumentException">Fewer ids than one window.</exception>
    public TokenWindows(int[] ids, int length, WindowMix mix, bool[]? padding = null)
    {
        if (ids.Length < length)
            throw new ArgumentException($"the data has {ids.Length} tokens; one window needs {length}");
        (_ids, Length, _mix, _padding) = (ids, length, mix, padding);
    }

    /// <summary>Tokens a window.</summary>
    public int Length { get; }

    /// <summary>Whole windows in the stream.</summary>
    public int Count => _ids.Length / Length;

    /// <summary>Whether some windows are padded: then <see cref="Counts"/> says where.</summary>
    public bool HasPadding => _padding is not null;

    /// <summary>The windows at positions 'first' to 'first + count' of the endless shuffled order: ids [count, Length], int64.</summary>
    public Tensor Shuffled(long first, int count) => Gather(Enumerable.Range(0, count).Select(i => Order(first + i)));

    /// <summary>For the same windows, 1 for each token and 0 for padding: [count, Length], float32; null where nothing is padded.</summary>
    public Tensor? Counts(long first, int count)
    {
        if (_padding is null)
            return null;
        var flat = new float[count * Length];
        for (var row = 0; row < count; row++)
        {
            var start = Order(first + row) * Length;
            for (var t = 0; t < Length; t++)
                flat[row * Length + t] = _padding[start + t] ? 0 : 1;
        }

        return tensor(flat).view(count, Length);
    }

    /// <summary>Windows in the order of the text: [count, Length], int64.</summary>
    public Tensor InOrder(int first, int count) => Gather(Enumerable.Range(first, count));

    private int Order(long position)
    {
        var epoch = position / _mix.Length;
        if (_order?.Epoch != epoch)
            _order = (epoch, _mix.Epoch(epoch));
        return _order.Value.Windows[position % _mix.Length];
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
