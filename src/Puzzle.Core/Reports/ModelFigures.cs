namespace Puzzle.Core.Reports;

/// <summary>The figures of a parent beside its child's, as cards and documents show them.</summary>
internal static class ModelFigures
{
    /// <summary>Name, parent, child, how both are shown; what neither has is left out.</summary>
    public static IEnumerable<(string Name, double? Parent, double? Child, Func<double?, string> Show)> Of(ModelStats parent, ModelStats child)
    {
        (string Name, double? Parent, double? Child, Func<double?, string> Show)[] rows =
        [
            ("generated tokens/s", parent.TokensPerS, child.TokensPerS, Quantity.Number),
            ("time to first token, ms", parent.TtftMs, child.TtftMs, Quantity.Number),
            ("time per output token, ms", parent.TpotMs, child.TpotMs, Quantity.Number),
            ("parameters", parent.Params, child.Params, Quantity.Count),
            ("block parameters", parent.BlockParams, child.BlockParams, Quantity.Count),
            ("weights", parent.WeightsMib, child.WeightsMib, Quantity.Mib),
            ("KV cache", parent.KvMib, child.KvMib, Quantity.Mib),
            ("held-out loss, nats", parent.Loss, child.Loss, Quantity.Number),
        ];
        return rows.Where(row => row.Parent is not null || row.Child is not null);
    }

    /// <summary>A recovery's interval; empty where it is not known.</summary>
    public static string Interval(double? low, double? high) => low is { } l && high is { } h && double.IsFinite(l) && double.IsFinite(h) ? $"{Quantity.Percent(l)} to {Quantity.Percent(h)}" : "";
}
