using Puzzle.Core.Models;
using static TorchSharp.torch;

namespace Puzzle.Core.Variants.NoOp;

/// <summary>Nothing: the residual stream passes by, and the subblock's norm is gone too.</summary>
public sealed class NoOpSubblock(SubblockKind kind) : Subblock
{
    /// <inheritdoc/>
    public override SubblockSpec Spec { get; } = kind == SubblockKind.Attention ? new NoOpAttentionSpec() : new NoOpFeedForwardSpec();

    /// <inheritdoc/>
    public override IReadOnlyList<Tensor> Parameters => [];

    /// <inheritdoc/>
    public override IEnumerable<KeyValuePair<string, Tensor>> Named() => [];

    /// <inheritdoc/>
    public override Tensor? Delta(Tensor x_BTD, ForwardContext context, int layer) => null;

    /// <inheritdoc/>
    public override Subblock Clone() => new NoOpSubblock(kind);
}
