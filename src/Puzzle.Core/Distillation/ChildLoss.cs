using Puzzle.Core.Initialisation;
using Puzzle.Core.Models;
using Puzzle.Core.Variants;
using static TorchSharp.torch;

namespace Puzzle.Core.Distillation;

// B windows, T tokens, D hidden

/// <summary>
/// The loss of a subblock's children, sum of w |o_p - o_c|^2 / sum of w |o_p|^2: what o is, how tokens count, and its gradient with
/// respect to what a child adds to the residual stream.
/// </summary>
/// <param name="kind">Which subblock.</param>
/// <param name="block">The parent's layer; its other subblock is frozen.</param>
/// <param name="layer">Its number.</param>
/// <param name="options">Loss and target.</param>
/// <param name="floor">Per token: the least |o_p|^2 that a token is measured by, so that tiny ones do not rule; one number for the whole training.</param>
internal sealed class ChildLoss(SubblockKind kind, Block block, int layer, DistillOptions options, double floor)
{
    /// <summary>The median of |o_p|^2 on some windows.</summary>
    public static double Floor(SubblockKind kind, DistillOptions options, LayerBatch windows)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var target = options.BlockTarget ? windows.Output_BTD : windows.DeltaOf(kind);
        return Math.Max(1e-20, target.square().sum(-1).median().item<float>());
    }

    /// <summary>What a batch is compared with: o_p less what a child does not change [B, T, D], weights [B, T, 1], and the sum of w |o_p|^2.</summary>
    public (Tensor Target_BTD, Tensor Weights_BT1, double Power) Of(LayerBatch batch)
    {
        using var noGrad = no_grad();
        var whole_BTD = options.BlockTarget ? batch.Output_BTD : batch.DeltaOf(kind);
        var weights_BT1 = TokenWeights.Of(whole_BTD, options.PerToken, batch.Counts_BT, floor);
        var power = (whole_BTD.square() * weights_BT1).sum(ScalarType.Float64).item<double>();
        var target_BTD = !options.BlockTarget || kind == SubblockKind.Attention ? whole_BTD : batch.DeltaOf(kind);
        return (target_BTD, weights_BT1, Math.Max(power, 1e-20));
    }

    /// <summary>The loss of one child, a number on its device, and the gradient with respect to its addition [B, T, D] where asked for.</summary>
    /// <param name="input_BTD">The residual stream before the subblock.</param>
    /// <param name="added_BTD">What the child adds to it.</param>
    /// <param name="target_BTD">See <see cref="Of"/>.</param>
    /// <param name="weights_BT1">See <see cref="Of"/>.</param>
    /// <param name="power">Of the whole step, of which this may be a part.</param>
    /// <param name="context">Positions of a window.</param>
    /// <param name="gradient">Whether the gradient is wanted.</param>
    public (Tensor Loss, Tensor? Gradient_BTD) Compare(Tensor input_BTD, Tensor added_BTD, Tensor target_BTD, Tensor weights_BT1, double power, ForwardContext context, bool gradient)
    {
        if (!options.BlockTarget || kind == SubblockKind.FeedForward)
        {
            using var noGrad = no_grad();
            var difference = added_BTD - target_BTD;
            var weighted = difference * weights_BT1;
            return ((weighted * difference).sum() / Held.Number(power), gradient ? weighted.mul_(Held.Number(2 / power)) : null);
        }

        // Through the frozen feed-forward network of the parent.
        Tensor after, leaf;
        using (no_grad())
            leaf = (input_BTD + added_BTD).detach();
        using var grad = set_grad_enabled(gradient);
        leaf.requires_grad = gradient;
        after = block.FeedForward.Delta(leaf, context, layer) is { } delta ? leaf + delta : leaf;
        var error = after - target_BTD;
        var loss = (error.square() * weights_BT1).sum() / Held.Number(power);
        if (!gradient)
            return (loss, null);
        loss.backward();
        return (loss.detach(), leaf.grad);
    }
}
