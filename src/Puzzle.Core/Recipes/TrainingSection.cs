using System.ComponentModel.DataAnnotations;

namespace Puzzle.Core.Recipes;

/// <summary>What every training loop has: how long, how large a step, which learning rate.</summary>
public abstract record TrainingSection
{
    /// <summary>Tokens to train on. 0 skips the training. Default: by minutes; without those too, chosen by the stage.</summary>
    [Range(0.0, 1e15)]
    public TokenCount? Tokens { get; init; }

    /// <summary>Minutes to train for. Turned once into a number of tokens by the speed on this machine, and stored, so that a resumed run does the same.</summary>
    [Range(0.0, 1e7, MinimumIsExclusive = true)]
    public double? Minutes { get; init; }

    /// <summary>Tokens in one optimiser step.</summary>
    [Range(8.0, 1e9)]
    public TokenCount TokensPerStep { get; init; } = 8_192;

    /// <summary>Parts that a step is computed in, one after the other, to save memory.</summary>
    [Range(1, 65_536)]
    public int Accumulate { get; init; } = 1;

    /// <summary>Peak learning rate of AdamW.</summary>
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public virtual double LearningRate { get; init; } = 1e-3;

    /// <summary>Where the cosine ends, as a share of the peak.</summary>
    [Range(0.0, 1.0)]
    public Share FinalLearningRate { get; init; } = 0.05;

    /// <summary>The share of steps in which the learning rate rises from zero.</summary>
    [Range(0.0, 1.0)]
    public Share Warmup { get; init; } = 0.05;

    /// <summary>AdamW's decay of the mean of gradients.</summary>
    [Range(0.0, 0.99999)]
    public double Beta1 { get; init; } = 0.9;

    /// <summary>AdamW's decay of the mean of squared gradients.</summary>
    [Range(0.0, 0.999999)]
    public double Beta2 { get; init; } = 0.95;

    /// <summary>AdamW's weight decay.</summary>
    [Range(0.0, 10.0)]
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>Gradients are scaled down to this norm. 0 leaves them.</summary>
    [Range(0.0, 1e9)]
    public double Clip { get; init; } = 1;

    /// <summary>Minutes between two saved states of the loop; two are kept.</summary>
    [Range(0.01, 1e5)]
    public double CheckpointMinutes { get; init; } = 5;
}
