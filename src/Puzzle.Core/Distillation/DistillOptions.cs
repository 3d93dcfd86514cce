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

    public double Beta1 { get; init; } = 0.9;

    public double Beta2 { get; init; } = 0.95;

    public double WeightDecay { get; init; } = 0.01;

    /// <summary>Largest norm of a child's gradient; 0 turns clipping off.</summary>
    public double ClipNorm { get; init; } = 1;

    /// <summary>Least number of parts that a step is computed in.</summary>
    public int Accumulate { get; init; } = 1;

    /// <summary>Tokens that the children compute at a time.</summary>
    public int ChunkTokens { get; init; } = 2048;

    /// <summary>Whether each token counts by its own relative error (massive activations do not rule), or all as they are (the paper).</summary>
    public bool PerToken { get; init; }

    /// <summary>Whether the loss is taken after the whole block, through the frozen other subblock (the paper), or right after the subblock.</summary>
    public bool BlockTarget { get; init; }

    /// <summary>Widths a step of elastic training (one set of weights for all widths of a feed-forward network); 0: each width has its own weights.</summary>
    public int ElasticWidths { get; init; }

    /// <summary>Steps between two looks at the held-out windows; the best weights are kept.</summary>
    public int EvaluateEvery { get; init; } = 50;

    /// <summary>A child stops when so many looks brought nothing better; 0: never.</summary>
    public int Patience { get; init; }

    /// <summary>Variants whose start has a held-out error below this are left as they are.</summary>
    public double GoodEnough { get; init; } = 1e-4;
}
