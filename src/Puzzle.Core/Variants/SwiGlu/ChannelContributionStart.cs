using Puzzle.Core.Initialisation;
using static TorchSharp.torch;

namespace Puzzle.Core.Variants.SwiGlu;

/// <summary>
/// The paper's channel contribution (appendix A): C_i = mean over tokens of |z_i| times the norm of column i of W_down; the
/// largest are kept. With <c>refit</c>, W_down is then solved anew by least squares for the kept channels.
/// </summary>
public sealed class ChannelContributionStart(bool refit = false) : IStart
{
    /// <inheritdoc/>
    public string Name => refit ? "channel_contribution_refit" : "channel_contribution";

    /// <inheritdoc/>
    public bool Applies(SubblockSpec spec, Subblock parent) => spec is SwiGluSpec narrow && parent is SwiGluFeedForward wide && narrow.IntermediateSize < wide.SwiGlu.IntermediateSize;

    /// <inheritdoc/>
    public Subblock Start(SubblockSpec spec, Subblock parent, SubblockStatistics statistics)
    {
        var wide = (SwiGluFeedForward)parent;
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var contribution = zeros(wide.Down.shape[1], ScalarType.Float64);
        for (long window = 0; window < statistics.Input_WTD.shape[0]; window++)
        {
            using var inner = NewDisposeScope();
            var z = wide.Activations(Models.Operators.RmsNorm(statistics.Input_WTD.narrow(0, window, 1), wide.Norm, statistics.Config.RmsNormEps));
            contribution.add_(z.abs().sum([0, 1], type: ScalarType.Float64));
        }

        contribution.mul_(wide.Down.square().sum(0).sqrt());
        var kept = contribution.argsort(descending: true, dim: 0).narrow(0, 0, ((SwiGluSpec)spec).IntermediateSize).sort().Values;
        return Channels.Keep(wide, kept, statistics, refit);
    }
}
