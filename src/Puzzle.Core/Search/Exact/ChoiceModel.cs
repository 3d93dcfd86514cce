using System.Numerics;

namespace Puzzle.Core.Search.Exact;

/// <summary>
/// The search as numbers: choose items that cover every layer exactly once so that the sum of their values is least and every
/// row holds. Items are numbered; names are left behind.
/// </summary>
internal sealed class ChoiceModel
{
    private BigInteger[]? exact;
    private int grid;

    public required int LayerCount { get; init; }

    /// <summary>First layer of each item.</summary>
    public required int[] First { get; init; }

    /// <summary>Layers that each item covers.</summary>
    public required int[] Span { get; init; }

    /// <summary>What each item adds to the sum that is minimised.</summary>
    public required double[] Value { get; init; }

    public required ModelRow[] Rows { get; init; }

    public int ItemCount => First.Length;

    /// <summary>The values as whole multiples of 10^<see cref="ValueGrid"/>.</summary>
    public BigInteger[] ExactValue => exact ??= ModelRow.OnGrid(Value, out grid);

    public int ValueGrid => ExactValue.Length >= 0 ? grid : 0;

    /// <summary>The same items under other rows.</summary>
    public ChoiceModel With(double[] value, IEnumerable<ModelRow> rows) =>
        new() { LayerCount = LayerCount, First = First, Span = Span, Value = value, Rows = [.. rows] };

    public BigInteger ExactSum(IEnumerable<int> choice) => choice.Aggregate(BigInteger.Zero, (sum, item) => sum + ExactValue[item]);

    /// <summary>Whether the items cover every layer once and keep to every row.</summary>
    public bool Holds(IReadOnlyList<int> choice)
    {
        var layer = 0;
        foreach (var item in choice.OrderBy(item => First[item]))
        {
            if (First[item] != layer)
                return false;
            layer += Span[item];
        }

        return layer == LayerCount && Rows.All(row => row.Holds(choice));
    }
}
