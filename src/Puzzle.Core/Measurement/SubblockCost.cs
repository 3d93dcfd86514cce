using System.Text.Json.Serialization;

namespace Puzzle.Core.Measurement;

/// <summary>Measured time of one subblock under one workload, milliseconds.</summary>
/// <param name="PrefillMs">The whole batch's prompts.</param>
/// <param name="FirstDecodeMs">One step of the whole batch right after the prompt.</param>
/// <param name="LastDecodeMs">One step of the whole batch at the end of the output.</param>
public sealed record SubblockCost(double PrefillMs, double FirstDecodeMs, double LastDecodeMs)
{
    /// <summary>Half the distance between the quartiles of the repeats, as a share of the median; null where it is not known.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Spread { get; init; }

    /// <summary>Nothing.</summary>
    public static SubblockCost Zero { get; } = new(0, 0, 0);

    /// <summary>Time of a whole workload: the time of a decode step is affine in the cached length, so the mean of both ends counts.</summary>
    public double TotalMs(Workload workload) => PrefillMs + workload.OutputTokens * DecodeMs;

    /// <summary>Both, one after the other.</summary>
    public SubblockCost Plus(SubblockCost other) => new(PrefillMs + other.PrefillMs, FirstDecodeMs + other.FirstDecodeMs, LastDecodeMs + other.LastDecodeMs);

    /// <summary>Mean time of a decode step.</summary>
    public double DecodeMs => (FirstDecodeMs + LastDecodeMs) / 2;
}
