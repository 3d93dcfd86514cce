namespace Puzzle.Serving.Engine;

/// <summary>How the engine uses the machine.</summary>
public sealed record EngineOptions
{
    /// <summary>Threads. Default: the cores that this process may use.</summary>
    public int? Threads { get; init; }

    /// <summary>The most tokens of one pass: prompts are cut into chunks of this size.</summary>
    public int ChunkTokens { get; init; } = 512;

    /// <summary>How weight matrices are kept.</summary>
    public Kernels.WeightType Weights { get; init; }
}
