namespace Puzzle.Core.Checkpoints;

/// <summary>How a GGUF file is written.</summary>
public sealed record GgufExportOptions
{
    /// <summary>F32, F16, BF16, Q8_0 or Q4_0, for matrices; norms and biases are F32 always.</summary>
    public StoredType Type { get; init; } = StoredType.F16;

    /// <summary>The tokenizer's keys: <see cref="GgufTokenizerKeys.Copy"/> or <see cref="GgufTokenizerKeys.FromFolder"/>. Without them the file has no vocabulary.</summary>
    public IReadOnlyList<KeyValuePair<string, object>> Tokenizer { get; init; } = [];

    /// <summary><c>general.name</c>.</summary>
    public string Name { get; init; } = "puzzle child";

    /// <summary>Whether what llama.cpp cannot compute is refused or mended; false writes it as it is, to see what llama.cpp makes of it.</summary>
    public bool KeepsRules { get; init; } = true;

    /// <summary>Width of the all-zero network where llama.cpp cannot leave a feed-forward network out.</summary>
    public int StandInWidth { get; init; } = 256;
}
