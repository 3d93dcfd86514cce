using Puzzle.Core.Models;
using Puzzle.Core.Variants;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Core.Distillation;

/// <summary>The loss of a child subblock at one layer: where its input and its target come from, and how tokens count.</summary>
internal sealed class DistillFrame : IDisposable
{
    private readonly Transformer _parent;
    private readonly ParentActivations _activations;
    private readonly bool _blockTarget;
    private readonly Dictionary<SubblockKind, (Tensor Target_WTD, Tensor Weights_WT1)> _targets = [];

    public DistillFrame(Transformer parent, ParentActivations activations, bool perToken, bool blockTarget)
    {
        (_parent, _activations, _blockTarget) = (parent, activations, blockTarget);
        foreach (var kind in Enum.GetValues<SubblockKind>())
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            var target = blockTarget ? activations.Output_WTD.alias() : Delta(kind);
            var power = target.square().sum(-1, keepdim: true);
            var weights = perToken ? maximum(power, power.median().clamp(min: 1e-20)).reciprocal() : ones_like(power);
            _targets[kind] = (target.MoveToOuterDisposeScope().DetachFromDisposeScope(), weights.MoveToOuterDisposeScope().DetachFromDisposeScope());
        }
    }

    /// <summary>sum of w |o_p - o_c|^2 / sum of w |o_p|^2 over windows, as part of the graph.</summary>
    public Tensor LossTensor(Subblock child, long first, long count)
    {
        var kind = child.Spec.Subblock;
        var (target_WTD, weights_WT1) = _targets[kind];
        var input = (kind == SubblockKind.Attention ? _activations.Input_WTD : _activations.AfterAttention_WTD).narrow(0, first, count);
        var layer = _activations.Layer;
        var output = child.Delta(input, _activations.Context, layer);
        if (_blockTarget)
        {
            output = output is null ? input : input + output;
            if (kind == SubblockKind.Attention && _parent.Blocks[layer].FeedForward.Delta(output, _activations.Context, layer) is { } delta)
                output = output + delta;
        }

        var target = target_WTD.narrow(0, first, count);
        var weights = weights_WT1.narrow(0, first, count);
        var difference = output is null ? target : target - output;
        return (difference.square() * weights).sum() / (target.square() * weights).sum().clamp(min: 1e-20);
    }

    /// <summary>The same as a number, without a graph.</summary>
    public double Loss(Subblock child, long first, long count)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        return LossTensor(child, first, count).item<float>();
    }

    public void Dispose()
    {
        foreach (var (target, weights) in _targets.Values)
        {
            target.Dispose();
            weights.Dispose();
        }
    }

    private Tensor Delta(SubblockKind kind) => kind == SubblockKind.Attention
        ? _activations.AfterAttention_WTD - _activations.Input_WTD
        : _activations.Output_WTD - _activations.AfterAttention_WTD;
}
