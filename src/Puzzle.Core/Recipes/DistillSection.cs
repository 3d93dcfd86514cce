using System.ComponentModel.DataAnnotations;

namespace Puzzle.Core.Recipes;

/// <summary>Blockwise local distillation: every variant learns to do what its parent block does, fed with the parent's activations.</summary>
public sealed record DistillSection : TrainingSection
{
    /// <summary>mse: MSE(o_p, o_c) / MSE(o_p, 0) over all positions (the paper). mse_per_token: the same per position, so that a few massive activations do not count for all.</summary>
    public BlockLoss Loss { get; init; }

    /// <summary>block: the child inside its block, the other subblock frozen (the paper). subblock: the subblock's own output, which is cheaper.</summary>
    public BlockTarget Target { get; init; } = BlockTarget.Subblock;

    /// <summary>decoupled: each subblock beside the parent's other one. coupled: every pair. two_stage: decoupled, shrink to what solutions use, then coupled.</summary>
    public DistillMode Mode { get; init; } = DistillMode.Decoupled;

    /// <summary>What two_stage shrinks to before it distils pairs.</summary>
    public ShrinkSettings Shrink { get; init; } = new();

    /// <summary>One set of weights for all widths of a feed-forward; every step trains the widest, the narrowest and sampled ones.</summary>
    public bool Elastic { get; init; }

    /// <summary>Widths per step of elastic training, the widest and narrowest among them.</summary>
    [Range(2, 64)]
    public int ElasticWidths { get; init; } = 4;

    /// <summary>Children whose start is already below this normalised error are left untrained.</summary>
    [Range(0.0, 1.0)]
    public double GoodEnough { get; init; } = 1e-4;

    /// <summary>A child stops when its held-out loss has not fallen for so many checks. 0 never stops.</summary>
    [Range(0, 10_000)]
    public int Patience { get; init; } = 5;

    /// <summary>Steps between two checks of the held-out loss.</summary>
    [Range(1, 1_000_000)]
    public int EvaluateEvery { get; init; } = 50;

    /// <summary>Most memory of the stage, in GiB; layers that do not fit are taken in groups, with the activations between groups on disk. Default: half of the machine's free memory.</summary>
    [Range(0.05, 1e5)]
    public double? MemoryGib { get; init; }
}

/// <summary>The loss of a block.</summary>
public enum BlockLoss
{
    /// <summary>Normalised over all positions.</summary>
    Mse,

    /// <summary>Normalised position by position.</summary>
    MsePerToken,
}

/// <summary>What a child is compared with.</summary>
public enum BlockTarget
{
    /// <summary>The output of the whole block.</summary>
    Block,

    /// <summary>The output of the subblock.</summary>
    Subblock,
}

/// <summary>Which pairs are trained.</summary>
public enum DistillMode
{
    /// <summary>Each subblock alone.</summary>
    Decoupled,

    /// <summary>Every attention with every feed-forward.</summary>
    Coupled,

    /// <summary>Decoupled, then the pairs that solutions use.</summary>
    TwoStage,
}

/// <summary>What the second stage keeps.</summary>
public sealed record ShrinkSettings
{
    /// <summary>Solutions whose subblocks are kept.</summary>
    [Range(1, 1_000)]
    public int Solutions { get; init; } = 4;

    /// <summary>Attention variants a layer, the most used ones.</summary>
    [Range(1, 100)]
    public int Attention { get; init; } = 4;

    /// <summary>Feed-forward variants a layer, the most used ones.</summary>
    [Range(1, 100)]
    public int Ffn { get; init; } = 3;

    /// <summary>Tokens for the pairs. Default: as many as the first stage.</summary>
    [Range(0.0, 1e15)]
    public TokenCount? Tokens { get; init; }
}
