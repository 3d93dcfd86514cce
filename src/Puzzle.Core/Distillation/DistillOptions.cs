namespace Puzzle.Core.Distillation;

/// <summary>How blockwise local distillation trains the variants.</summary>
public sealed record DistillOptions
{
    /// <summary>Tokens that every variant is trained on.</summary>
    public long Tokens { get; init; } = 65_536;

    /// <summary>Windows a step.</summary>
    public int BatchWindows { get; init; } = 8;

    public double LearningRate { get; init; } = 1e-3;

    /// <summary>The rate at the last step, as a share of <see cref="LearningRate"/>.</summary>
    public double FinalRate { get; init; } = 0.02;

    public double WarmupFraction { get; init; } = 0.05;

    public double WeightDecay { get; init; } = 0.01;

    public double ClipNorm { get; init; } = 1;

    /// <summary>Whether each token counts by its own relative error (massive activations do not rule), or all as they are (the paper).</summary>
    public bool PerToken { get; init; } = true;

    /// <summary>Whether the loss is taken after the whole block, through the frozen other subblock (the paper), or right after the subblock.</summary>
    public bool BlockTarget { get; init; }

    /// <summary>Variants whose start has a held-out error below this are left as they are.</summary>
    public double GoodEnough { get; init; } = 1e-4;
}
