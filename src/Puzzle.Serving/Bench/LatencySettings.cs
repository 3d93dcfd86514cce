namespace Puzzle.Serving.Bench;

/// <summary>One batch of equal requests, again and again: vLLM's <c>bench latency</c> with its defaults.</summary>
public sealed record LatencySettings
{
    /// <summary>Tokens of each prompt.</summary>
    public int InputLen { get; init; } = 32;

    /// <summary>New tokens of each.</summary>
    public int OutputLen { get; init; } = 128;

    /// <summary>Sequences.</summary>
    public int BatchSize { get; init; } = 8;

    /// <summary>Runs that do not count.</summary>
    public int NumItersWarmup { get; init; } = 10;

    /// <summary>Runs that count.</summary>
    public int NumIters { get; init; } = 30;

    /// <summary>Of the prompts and draws.</summary>
    public int Seed { get; init; }
}
