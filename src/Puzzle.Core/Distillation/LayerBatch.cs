using Puzzle.Core.Initialisation;
using Puzzle.Core.Models;
using Puzzle.Core.Variants;
using static TorchSharp.torch;

namespace Puzzle.Core.Distillation;

// B windows, T tokens, D hidden

/// <summary>The parent's residual stream around one layer for some windows: what all children of the layer read.</summary>
/// <param name="Input_BTD">Before the layer.</param>
/// <param name="Middle_BTD">Between its subblocks.</param>
/// <param name="Output_BTD">After it.</param>
/// <param name="Counts_BT">1 for a token, 0 for padding; null: no padding.</param>
internal sealed record LayerBatch(Tensor Input_BTD, Tensor Middle_BTD, Tensor Output_BTD, Tensor? Counts_BT)
{
    public long Windows => Input_BTD.shape[0];

    /// <summary>The input of a subblock.</summary>
    public Tensor InputOf(SubblockKind kind) => kind == SubblockKind.Attention ? Input_BTD : Middle_BTD;

    /// <summary>What the parent's subblock adds.</summary>
    public Tensor DeltaOf(SubblockKind kind) => kind == SubblockKind.Attention ? Middle_BTD - Input_BTD : Output_BTD - Middle_BTD;

    /// <summary>Some of the windows; views.</summary>
    public LayerBatch Part(long first, long count) =>
        new(Input_BTD.narrow(0, first, count), Middle_BTD.narrow(0, first, count), Output_BTD.narrow(0, first, count), Counts_BT?.narrow(0, first, count));
}
