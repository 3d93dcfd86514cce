using System.Runtime.InteropServices;

namespace Puzzle.Core.Search.Exact;

/// <summary>One side of a row as Sign * coefficients &lt;= Limit.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Inequality(int Row, double Sign, double Limit)
{
    /// <summary>The sides that a model's rows have.</summary>
    public static Inequality[] Of(IReadOnlyList<ModelRow> rows)
    {
        var sides = new List<Inequality>();
        for (var row = 0; row < rows.Count; row++)
        {
            if (rows[row].Upper is { } upper)
                sides.Add(new(row, 1, upper.ToDouble()));
            if (rows[row].Lower is { } lower)
                sides.Add(new(row, -1, -lower.ToDouble()));
        }

        return [.. sides];
    }
}
