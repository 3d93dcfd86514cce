namespace Puzzle.Core.Variants;

/// <summary>The two subblocks of a block.</summary>
public enum SubblockKind
{
    /// <summary>Input norm, attention, residual.</summary>
    Attention,

    /// <summary>Post-attention norm, feed-forward network, residual.</summary>
    FeedForward,
}
