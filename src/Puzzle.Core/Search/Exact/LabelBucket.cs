namespace Puzzle.Core.Search.Exact;

/// <summary>The partial architectures that end at one position, column by column.</summary>
internal sealed class LabelBucket<TCost, TValue>(int dimensions)
{
    private int capacity;

    public int Count { get; private set; }

    /// <summary>Exact cost, dimensions entries a label.</summary>
    public TCost[] Cost = [];

    /// <summary>Exact sum of values.</summary>
    public TValue[] Value = [];

    /// <summary>Value and costs as doubles, dimensions + 1 entries a label: bounds are computed from these.</summary>
    public double[] Approximate = [];

    /// <summary>No completion of the label is better than this (up to rounding).</summary>
    public double[] Bound = [];

    /// <summary>Survivor of the position the label came from.</summary>
    public int[] Parent = [];

    /// <summary>Item that led here.</summary>
    public int[] Item = [];

    /// <summary>Room for one more label; its index.</summary>
    public int Add()
    {
        if (Count == capacity)
        {
            capacity = Math.Max(64, capacity * 2);
            Array.Resize(ref Cost, capacity * dimensions);
            Array.Resize(ref Value, capacity);
            Array.Resize(ref Approximate, capacity * (dimensions + 1));
            Array.Resize(ref Bound, capacity);
            Array.Resize(ref Parent, capacity);
            Array.Resize(ref Item, capacity);
        }

        return Count++;
    }

    public void Clear() => Count = 0;
}
