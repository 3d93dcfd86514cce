using Puzzle.Core.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Core.Variants.Linear;

/// <summary>One matrix [D, D] on the normalised input, in the place of attention or of the feed-forward network.</summary>
public sealed class LinearSubblock(SubblockKind kind, double eps, Tensor norm, Tensor weight) : Subblock
{
    /// <inheritdoc/>
    public override SubblockSpec Spec { get; } = kind == SubblockKind.Attention ? new LinearAttentionSpec() : new LinearFeedForwardSpec();

    /// <summary>[D].</summary>
    public Tensor Norm { get; } = norm;

    /// <summary>[D, D].</summary>
    public Tensor Weight { get; } = weight;

    /// <inheritdoc/>
    public override IReadOnlyList<Tensor> Parameters { get; } = [norm, weight];

    /// <inheritdoc/>
    public override Tensor? Delta(Tensor x_BTD, ForwardContext context, int layer) =>
        Products.Linear(Operators.RmsNorm(x_BTD, Norm, eps), Weight);

    /// <inheritdoc/>
    public override IEnumerable<KeyValuePair<string, Tensor>> Named() => kind == SubblockKind.Attention
        ? [new("input_layernorm.weight", Norm), new("self_attn.linear_attn.weight", Weight)]
        : [new("post_attention_layernorm.weight", Norm), new("mlp.linear_mlp.weight", Weight)];

    /// <inheritdoc/>
    public override Subblock Clone() => new LinearSubblock(kind, eps, Copy(Norm), Copy(Weight));
}
