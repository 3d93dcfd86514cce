using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Core.Models;

// W windows, T tokens a window, D hidden

/// <summary>
/// The parent's residual stream over a set of windows, walked layer by layer: all windows at once, one layer in memory.
/// Everything that needs activations of a layer (calibration, distillation) reads them here, and no layer is computed twice.
/// </summary>
public sealed class ParentActivations : IDisposable
{
    private const int WindowsAtOnce = 8;
    private readonly Transformer _parent;
    private readonly Tensor _ids_WT;

    /// <param name="parent">Its weights are used, not kept.</param>
    /// <param name="ids_WT">Token ids [W, T].</param>
    /// <param name="counts_WT">1 for a token, 0 for padding behind it; null: no padding. Not disposed.</param>
    public ParentActivations(Transformer parent, Tensor ids_WT, Tensor? counts_WT = null)
    {
        (_parent, _ids_WT, Counts_WT) = (parent, ids_WT, counts_WT);
        Context = parent.Begin(1, ids_WT.shape[1]);
        using var noGrad = no_grad();
        Input_WTD = parent.Embed(ids_WT).DetachFromDisposeScope();
        AfterAttention_WTD = null!;
        Output_WTD = null!;
        Compute();
    }

    /// <summary>Positions of one window; serves any number of them.</summary>
    public ForwardContext Context { get; }

    /// <summary>The layer that the tensors belong to.</summary>
    public int Layer { get; private set; }

    /// <summary>1 for a token, 0 for padding; null: no padding.</summary>
    public Tensor? Counts_WT { get; }

    /// <summary>Before the layer.</summary>
    public Tensor Input_WTD { get; private set; }

    /// <summary>Between its two subblocks.</summary>
    public Tensor AfterAttention_WTD { get; private set; }

    /// <summary>After the layer.</summary>
    public Tensor Output_WTD { get; private set; }

    /// <summary>Goes on to the next layer; false after the last.</summary>
    public bool Advance()
    {
        if (Layer + 1 == _parent.Blocks.Count)
            return false;
        Layer++;
        Input_WTD.Dispose();
        AfterAttention_WTD.Dispose();
        Input_WTD = Output_WTD;
        Compute();
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Input_WTD.Dispose();
        AfterAttention_WTD.Dispose();
        Output_WTD.Dispose();
        Context.Dispose();
    }

    private void Compute()
    {
        using var noGrad = no_grad();
        var block = _parent.Blocks[Layer];
        AfterAttention_WTD = empty_like(Input_WTD).DetachFromDisposeScope();
        Output_WTD = empty_like(Input_WTD).DetachFromDisposeScope();
        for (long window = 0; window < _ids_WT.shape[0]; window += WindowsAtOnce)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(WindowsAtOnce, _ids_WT.shape[0] - window);
            var middle = block.AfterAttention(Input_WTD.narrow(0, window, count), Context, Layer);
            AfterAttention_WTD.narrow(0, window, count).copy_(middle);
            Output_WTD.narrow(0, window, count).copy_(block.FeedForward.Delta(middle, Context, Layer) is { } delta ? middle + delta : middle);
        }
    }
}
