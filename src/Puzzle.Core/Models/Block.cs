using Puzzle.Core.Variants;
using static TorchSharp.torch;

namespace Puzzle.Core.Models;

/// <summary>One layer: attention, then feed-forward network, each with its residual.</summary>
public sealed class Block(Subblock attention, Subblock feedForward)
{
    public Subblock Attention { get; set; } = attention;

    public Subblock FeedForward { get; set; } = feedForward;

    /// <summary>What the layer is.</summary>
    public LayerSpec Spec => new((AttentionSpec)Attention.Spec, (FeedForwardSpec)FeedForward.Spec);

    /// <summary>One of the two.</summary>
    public Subblock this[SubblockKind kind]
    {
        get => kind == SubblockKind.Attention ? Attention : FeedForward;
        set
        {
            if (kind == SubblockKind.Attention)
                Attention = value;
            else
                FeedForward = value;
        }
    }

    /// <summary>The residual stream after the layer: [B, T, D].</summary>
    public Tensor Forward(Tensor x_BTD, ForwardContext context, int layer) =>
        Add(AfterAttention(x_BTD, context, layer), FeedForward, context, layer);

    /// <summary>The residual stream between the two subblocks: [B, T, D].</summary>
    public Tensor AfterAttention(Tensor x_BTD, ForwardContext context, int layer) => Add(x_BTD, Attention, context, layer);

    private static Tensor Add(Tensor x_BTD, Subblock subblock, ForwardContext context, int layer) =>
        subblock.Delta(x_BTD, context, layer) is { } delta ? x_BTD + delta : x_BTD;
}
