using Puzzle.Core.Models;
using Puzzle.Core.Variants;
using Puzzle.Core.Variants.GroupedQuery;
using Puzzle.Core.Variants.Linear;
using Puzzle.Core.Variants.SwiGlu;
using static TorchSharp.torch;

namespace Puzzle.Core.Distillation;

/// <summary>A subblock in training. Its module holds the best weights so far, the group the current ones.</summary>
internal sealed class Child(int index, Subblock subblock, double before)
{
    /// <summary>Its place among the variants that were given.</summary>
    public int Index => index;

    public Subblock Subblock => subblock;

    /// <summary>Held-out loss of the start.</summary>
    public double Before { get; } = before;

    /// <summary>The lowest held-out loss so far.</summary>
    public double Best { get; private set; } = before;

    /// <summary>Checks since it fell.</summary>
    public int ChecksWithoutGain { get; private set; }

    /// <summary>Its matrices in the group's buffers.</summary>
    public IReadOnlyList<FlatMatrix> Matrices { get; set; } = [];

    /// <summary>Rows of its first matrix, which reads the normalised input.</summary>
    public long Rows => subblock switch
    {
        GroupedQueryAttention attention => attention.Qkv.shape[0],
        SwiGluFeedForward swiGlu => swiGlu.GateUp.shape[0],
        LinearSubblock linear => linear.Weight.shape[0],
        _ => throw new NotSupportedException($"distillation does not know how to train {subblock.Spec.Id}"),
    };

    /// <summary>Takes note of a held-out loss; true where it is the lowest so far.</summary>
    public bool Judge(double loss)
    {
        if (!(loss < Best))
        {
            ChecksWithoutGain++;
            return false;
        }

        (Best, ChecksWithoutGain) = (loss, 0);
        return true;
    }
}

/// <summary>What the children of a subblock have in common.</summary>
/// <param name="Kind">Which subblock.</param>
/// <param name="Layer">Of which layer.</param>
/// <param name="Norm">The parent's norm before it.</param>
/// <param name="Eps">Of the norm.</param>
/// <param name="Loss">How they are compared with the parent.</param>
/// <param name="Context">Positions of a window.</param>
internal sealed record ChildFrame(SubblockKind Kind, int Layer, Tensor Norm, double Eps, ChildLoss Loss, ForwardContext Context);

/// <summary>One pass of a group over some windows.</summary>
/// <param name="Input_BTD">The residual stream before the subblock.</param>
/// <param name="Target_BTD">See <see cref="ChildLoss.Of"/>.</param>
/// <param name="Weights_BT1">See <see cref="ChildLoss.Of"/>.</param>
/// <param name="Power">See <see cref="ChildLoss.Of"/>.</param>
/// <param name="Hidden_NR">What the first matrices gave.</param>
/// <param name="Gradient_NR">Where its gradient goes; null: none is wanted.</param>
internal sealed record ChildPass(Tensor Input_BTD, Tensor Target_BTD, Tensor Weights_BT1, double Power, Tensor Hidden_NR, Tensor? Gradient_NR)
{
    /// <summary>Compares what a child adds [N, D] and gives the loss and, in training, the gradient [N, D].</summary>
    public (Tensor Loss, Tensor? Gradient_ND) Compare(ChildFrame frame, Tensor added_ND)
    {
        var (loss, gradient) = frame.Loss.Compare(Input_BTD, added_ND.view(Input_BTD.shape), Target_BTD, Weights_BT1, Power, frame.Context, Gradient_NR is not null);
        return (loss, gradient?.flatten(0, 1));
    }
}
