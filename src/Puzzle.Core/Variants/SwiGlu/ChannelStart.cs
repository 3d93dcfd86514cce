using Puzzle.Core.Models;
using Puzzle.Core.Initialisation;
using static TorchSharp.torch;

namespace Puzzle.Core.Variants.SwiGlu;

/// <summary>
/// Keeps the channels that a ranking puts highest; one ranking serves all widths of a layer, and so do the Gram matrices of
/// the activations. W_down loses the columns of the others, or, with <c>refit</c>, is solved anew for those that stay.
/// </summary>
/// <param name="name">As in tables.</param>
/// <param name="ranking">Name of the ranking.</param>
/// <param name="rank">Gives the channels in the order in which they may go.</param>
/// <param name="refit">Whether W_down is solved anew by ridge least squares.</param>
public sealed class ChannelStart(string name, string ranking, Func<SwiGluFeedForward, SubblockStatistics, long[]> rank, bool refit) : IStart
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public bool Applies(SubblockSpec spec, Subblock parent) => spec is SwiGluSpec narrow && parent is SwiGluFeedForward wide && narrow.IntermediateSize < wide.SwiGlu.IntermediateSize;

    /// <inheritdoc/>
    public StartResult Start(SubblockSpec spec, Subblock parent, SubblockStatistics statistics)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var wide = (SwiGluFeedForward)parent;
        var order = statistics.Once("ranking " + ranking, () => rank(wide, statistics));
        var kept = tensor(order[^((SwiGluSpec)spec).IntermediateSize..].Order().ToArray());
        var rows = cat([kept, kept + Held.Number(wide.Down.shape[1])]);
        var (fit, held) = Grams(wide, statistics);
        var own = held.Keep(kept);
        Tensor down;
        double error;
        if (refit)
        {
            (down, error) = LeastSquares.Fit(fit.Keep(kept), own, wide.Down.index_select(1, kept));
        }
        else
        {
            down = wide.Down.index_select(1, kept);
            error = own.NormalisedError(down);
        }

        return new(
            new SwiGluFeedForward(
                statistics.Config.RmsNormEps,
                wide.Norm.detach().clone().DetachFromDisposeScope(),
                wide.GateUp.index_select(0, rows).DetachFromDisposeScope(),
                down.DetachFromDisposeScope(),
                wide.GateUpBias?.index_select(0, rows).DetachFromDisposeScope(),
                wide.DownBias?.detach().clone().DetachFromDisposeScope()),
            error);
    }

    /// <summary>Gram matrices of the intermediate activations.</summary>
    internal static GramPair Grams(SwiGluFeedForward wide, SubblockStatistics statistics) =>
        statistics.Grams("activations", wide.Norm, wide.Activations, wide.DownBias);
}
