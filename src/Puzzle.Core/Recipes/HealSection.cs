using System.ComponentModel.DataAnnotations;

namespace Puzzle.Core.Recipes;

/// <summary>Global distillation: the whole child learns from the whole parent, by hidden states and logits.</summary>
public sealed record HealSection : TrainingSection
{
    /// <summary>Peak learning rate of AdamW.</summary>
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public override double LearningRate { get; init; } = 3e-4;

    /// <summary>Weight of the sum over layers of 1 - cosine(child, parent).</summary>
    [Range(0.0, 1e6)]
    public double CosineWeight { get; init; } = 1;

    /// <summary>Weight of KL(parent || child) of the next token.</summary>
    [Range(0.0, 1e6)]
    public double KlWeight { get; init; } = 1;

    /// <summary>Weight of the cross-entropy of the text itself (off in the paper: it hurts).</summary>
    [Range(0.0, 1e6)]
    public double LmWeight { get; init; }

    /// <summary>Temperature of both distributions in the KL.</summary>
    [Range(0.01, 100.0)]
    public double Temperature { get; init; } = 1;

    /// <summary>Steps between two looks at the validation text; the best step is kept.</summary>
    [Range(1, 1_000_000)]
    public int EvaluateEvery { get; init; } = 100;

    /// <summary>Validation tokens of such a look.</summary>
    [Range(16.0, 1e9)]
    public TokenCount EvaluateTokens { get; init; } = 8_192;

    /// <summary>Stop when so many looks brought nothing better. 0 never stops.</summary>
    [Range(0, 10_000)]
    public int Patience { get; init; }

    /// <summary>Tokens whose logits are computed at a time in the KL.</summary>
    [Range(16, 1_048_576)]
    public int ChunkTokens { get; init; } = 1_024;

    /// <summary>Baselines of solve that are healed and evaluated like the child, with the same tokens, for the report.</summary>
    public IReadOnlyList<Baseline> Baselines { get; init; } = [];

    /// <summary>Whether the parent's outputs are kept on disk, for several children of one parent.</summary>
    public bool CacheTeacher { get; init; }
}
