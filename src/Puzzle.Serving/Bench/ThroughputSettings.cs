namespace Puzzle.Serving.Bench;

/// <summary>All requests at once, slots refilled as they come free: vLLM's <c>bench throughput</c> on its random data.</summary>
public sealed record ThroughputSettings
{
    /// <summary>Tokens of a prompt.</summary>
    public int InputLen { get; init; } = 128;

    /// <summary>New tokens.</summary>
    public int OutputLen { get; init; } = 128;

    /// <summary>Requests.</summary>
    public int NumPrompts { get; init; } = 1000;

    /// <summary>Lengths are drawn between (1 - r) and (1 + r) times these.</summary>
    public double RandomRangeRatio { get; init; }

    /// <summary>Sequences at once.</summary>
    public int MaxNumSeqs { get; init; } = 32;

    /// <summary>Of lengths, prompts and draws.</summary>
    public int Seed { get; init; }
}
