namespace Puzzle.Core.Healing;

/// <summary>How a whole model is trained: healing a child against the parent (GKD), or pretraining without one.</summary>
public sealed record HealOptions
{
    /// <summary>Training tokens.</summary>
    public required long Tokens { get; init; }

    /// <summary>Windows a step.</summary>
    public int BatchWindows { get; init; } = 16;

    /// <summary>Parts that a step is computed in, one after the other; the step is the same to rounding.</summary>
    public int Accumulate { get; init; } = 1;

    public double LearningRate { get; init; } = 5e-4;

    /// <summary>The rate at the last step, as a share of <see cref="LearningRate"/>.</summary>
    public double FinalRate { get; init; } = 0.05;

    public double WarmupFraction { get; init; } = 0.05;

    public double WeightDecay { get; init; } = 0.1;

    public double ClipNorm { get; init; } = 1;

    /// <summary>Weight of the sum over layers of (1 - cosine) between the hidden states of child and parent.</summary>
    public double CosineWeight { get; init; } = 1;

    /// <summary>Weight of KL(parent || child) of the logits.</summary>
    public double KlWeight { get; init; } = 1;

    /// <summary>Weight of the next-token loss; the paper found that it hurts healing (table 17), so it is off.</summary>
    public double LmWeight { get; init; }

    public double Temperature { get; init; } = 1;

    /// <summary>Tokens whose logits exist at a time.</summary>
    public int ChunkTokens { get; init; } = 1024;

    /// <summary>AdamW's decay of the mean of gradients.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>AdamW's decay of the mean of squared gradients.</summary>
    public double Beta2 { get; init; } = 0.95;

    /// <summary>Whether embedding and head are trained too.</summary>
    public bool TrainEmbeddings { get; init; } = true;
}
