using Puzzle.Core.Initialisation;
using Puzzle.Core.Models;
using static TorchSharp.torch;

namespace Puzzle.Core.Variants.SwiGlu;

/// <summary>Cutting a SwiGLU network to some of its channels.</summary>
internal static class Channels
{
    /// <summary>Gram matrices of the intermediate activations, shared by all widths of a layer.</summary>
    public static (GramMatrices Fit, GramMatrices Held) Grams(SwiGluFeedForward wide, SubblockStatistics statistics) =>
        statistics.Grams("activations", x => wide.Activations(Operators.RmsNorm(x, wide.Norm, statistics.Config.RmsNormEps)), wide.DownBias);

    /// <summary>The network of the kept channels (ascending indices), W_down refitted or cut.</summary>
    public static SwiGluFeedForward Keep(SwiGluFeedForward wide, Tensor kept, SubblockStatistics statistics, bool refit)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var rows = cat([kept, kept + wide.Down.shape[1]]);
        Tensor down;
        if (refit)
        {
            var (fit, held) = Grams(wide, statistics);
            down = LeastSquares.Fit(fit.Keep(kept), held.Keep(kept));
        }
        else
        {
            down = wide.Down.index_select(1, kept);
        }

        return new SwiGluFeedForward(
            statistics.Config.RmsNormEps,
            wide.Norm.detach().clone().DetachFromDisposeScope(),
            wide.GateUp.index_select(0, rows).DetachFromDisposeScope(),
            down.DetachFromDisposeScope(),
            wide.GateUpBias?.index_select(0, rows).DetachFromDisposeScope(),
            wide.DownBias?.detach().clone().DetachFromDisposeScope());
    }
}
