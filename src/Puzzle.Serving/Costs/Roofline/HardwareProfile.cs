using System.ComponentModel.DataAnnotations;
using Puzzle.Core.Recipes;

namespace Puzzle.Serving.Costs.Roofline;

/// <summary>What a device can do, as far as the time of a decoder depends on it. A YAML file; one a device in the folder <c>hardware</c>.</summary>
public sealed record HardwareProfile
{
    /// <summary>The device's name.</summary>
    public required string Name { get; init; }

    /// <summary>Where the peaks come from.</summary>
    public required string Source { get; init; }

    /// <summary>Where the efficiencies come from; those without a source say "assumed".</summary>
    public required string EfficiencySource { get; init; }

    /// <summary>Memory of one device, GB (10^9 bytes).</summary>
    [Range(0.001, 1e6)]
    public required double MemoryGb { get; init; }

    /// <summary>Peak bandwidth of that memory, GB/s.</summary>
    [Range(0.001, 1e6)]
    public required double BandwidthGbS { get; init; }

    /// <summary>Peak rates of dense matrix products by the type that is multiplied.</summary>
    public required IReadOnlyList<PeakRate> Peaks { get; init; }

    /// <summary>Share of the peak rate that products reach, by their number of rows; between the points the share is straight over the logarithm.</summary>
    public required IReadOnlyList<EfficiencyPoint> MatrixEfficiency { get; init; }

    /// <summary>Share of the peak rate that the attention over a prompt reaches.</summary>
    [Range(0.001, 1)]
    public required double PrefillAttentionEfficiency { get; init; }

    /// <summary>Share of the bandwidth at which weights are read.</summary>
    [Range(0.001, 1)]
    public required double WeightBandwidthEfficiency { get; init; }

    /// <summary>Share of the bandwidth at which keys and values are read.</summary>
    [Range(0.001, 1)]
    public required double CacheBandwidthEfficiency { get; init; }

    /// <summary>What starting one operation takes, microseconds.</summary>
    [Range(0, 1e6)]
    public required double OperationUs { get; init; }

    /// <summary>What a step takes besides: choosing tokens, scheduling; microseconds.</summary>
    [Range(0, 1e9)]
    public required double StepUs { get; init; }

    /// <summary>How devices are joined; left out where one stands alone.</summary>
    public Interconnect? Interconnect { get; init; }
}

/// <summary>The peak of one type.</summary>
public sealed record PeakRate
{
    /// <summary>What is multiplied.</summary>
    public required ServedType Type { get; init; }

    /// <summary>10^12 operations a second, dense; a multiplication and an addition are two.</summary>
    [Range(0.0001, 1e6)]
    public required double Tflops { get; init; }
}

/// <summary>A point of a curve of efficiency.</summary>
public sealed record EfficiencyPoint
{
    /// <summary>Tokens of the pass.</summary>
    [Range(1, 1_000_000_000)]
    public required int Rows { get; init; }

    /// <summary>Share of the peak.</summary>
    [Range(0.0001, 1)]
    public required double Share { get; init; }
}

/// <summary>The links between devices that share each layer.</summary>
public sealed record Interconnect
{
    /// <summary>Bandwidth of one device in one direction, GB/s.</summary>
    [Range(0.001, 1e6)]
    public required double BandwidthGbS { get; init; }

    /// <summary>Share of it that a sum over devices reaches.</summary>
    [Range(0.001, 1)]
    public required double Efficiency { get; init; }

    /// <summary>What a sum over devices takes however short it is, microseconds.</summary>
    [Range(0, 1e6)]
    public required double LatencyUs { get; init; }
}
