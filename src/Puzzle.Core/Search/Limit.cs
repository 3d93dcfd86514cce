namespace Puzzle.Core.Search;

/// <summary>
/// A bound on what the child may cost: from above, from below or both. The cost includes what is in no layer.
/// </summary>
/// <param name="Name">A stat of the library (<c>runtime_ms</c>, <c>memory_mib</c>, ...) or a friendly name of <see cref="LimitQuantity"/> (<c>throughput</c>, <c>latency</c>, ...).</param>
/// <param name="AtLeast">Lower bound, inclusive.</param>
/// <param name="AtMost">Upper bound, inclusive.</param>
/// <param name="Basis">Whether the bounds are absolute or factors of the parent's cost.</param>
public sealed record Limit(string Name, double? AtLeast, double? AtMost, LimitBasis Basis = LimitBasis.Absolute)
{
    /// <summary>name &lt;= value</summary>
    public static Limit Max(string name, double value, LimitBasis basis = LimitBasis.Absolute) => new(name, null, value, basis);

    /// <summary>name &gt;= value</summary>
    public static Limit Min(string name, double value, LimitBasis basis = LimitBasis.Absolute) => new(name, value, null, basis);

    /// <summary>low &lt;= name &lt;= high</summary>
    public static Limit Range(string name, double low, double high, LimitBasis basis = LimitBasis.Absolute) => new(name, low, high, basis);

    /// <inheritdoc/>
    public override string ToString()
    {
        var unit = Basis == LimitBasis.Parent ? " x parent" : "";
        return (AtLeast, AtMost) switch
        {
            ({ } low, { } high) => $"{low}{unit} <= {Name} <= {high}{unit}",
            ({ } low, null) => $"{Name} >= {low}{unit}",
            (null, { } high) => $"{Name} <= {high}{unit}",
            _ => $"{Name} (no bound)",
        };
    }
}
