using System.ComponentModel.DataAnnotations;

namespace Puzzle.Core.Recipes;

/// <summary>How the variants get their first weights, without training, from statistics of the parent on calibration text.</summary>
public sealed record InitSection
{
    /// <summary>Calibration tokens; statistics of all layers come from one pass over them.</summary>
    [Range(64.0, 1e10)]
    public TokenCount Tokens { get; init; } = 65_536;

    /// <summary>The share of calibration windows that is held out to choose ridge strengths and to compare starts.</summary>
    [Range(0.01, 0.9)]
    public Share HeldOut { get; init; } = 0.25;

    /// <summary>Fewer key-value heads: best (all are tried, the lowest held-out error wins), mean_pool, keep_important or regroup.</summary>
    public KvHeadStart KvHeads { get; init; } = KvHeadStart.Best;

    /// <summary>Narrower feed-forward: best, contribution (C_i), iterative (nested ranking) or second_order.</summary>
    public WidthStart Ffn { get; init; } = WidthStart.Best;

    /// <summary>Linear subblocks: best, product (W_o W_v, W_down W_up) or ridge.</summary>
    public LinearStart Linear { get; init; } = LinearStart.Best;

    /// <summary>Whether output matrices are fitted again in closed form (ridge least squares).</summary>
    public bool Refit { get; init; } = true;
}

/// <summary>Where fewer key-value heads come from.</summary>
public enum KvHeadStart
{
    /// <summary>Whatever has the lowest held-out error, per variant and layer.</summary>
    Best,

    /// <summary>Mean of the heads of a group (the paper).</summary>
    MeanPool,

    /// <summary>The most important head of each group; dormant query groups get zero output columns.</summary>
    KeepImportant,

    /// <summary>Query heads are regrouped by similarity before the heads are kept.</summary>
    Regroup,
}

/// <summary>Which channels a narrower feed-forward keeps.</summary>
public enum WidthStart
{
    /// <summary>Whatever has the lowest held-out error, per variant and layer.</summary>
    Best,

    /// <summary>Channel contribution C_i (the paper).</summary>
    Contribution,

    /// <summary>Iterative channel contribution: a full nested ranking.</summary>
    Iterative,

    /// <summary>Second-order removal, nested.</summary>
    SecondOrder,
}

/// <summary>Where a linear subblock comes from.</summary>
public enum LinearStart
{
    /// <summary>Whatever has the lowest held-out error, per variant and layer.</summary>
    Best,

    /// <summary>The product of the parent's matrices (the paper).</summary>
    Product,

    /// <summary>Ridge regression of the subblock's output on its normalised input.</summary>
    Ridge,
}
