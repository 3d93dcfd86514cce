namespace Puzzle.Serving.LlamaCpp;

/// <summary>How llama.cpp runs a model. The cache is float32 unless asked otherwise and flash attention is off: what it computes is then what the model says.</summary>
public sealed record LlamaCppOptions
{
    /// <summary>Tokens that one sequence may hold.</summary>
    public int ContextTokens { get; init; } = 512;

    /// <summary>Tokens of one pass.</summary>
    public int BatchTokens { get; init; } = 512;

    public int Sequences { get; init; } = 1;

    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Keys and values in half precision instead of float32.</summary>
    public bool HalfCache { get; init; }
}
