using Puzzle.Core.Initialisation;
using static TorchSharp.torch;

namespace Puzzle.Core.Variants.SwiGlu;

/// <summary>The paper's ranking (appendix A): C_i = mean over tokens of |z_i| times the norm of column i of W_down.</summary>
public static class ChannelContribution
{
    /// <summary>Channels from the smallest contribution to the largest.</summary>
    public static long[] Rank(SwiGluFeedForward wide, SubblockStatistics statistics)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var contribution = zeros(wide.Down.shape[1], ScalarType.Float64);
        foreach (var windows in SubblockStatistics.Chunks(statistics.Fit))
        {
            using var inner = NewDisposeScope();
            contribution.add_(wide.Activations(statistics.Normalised(wide.Norm, windows)).abs().sum([0, 1], type: ScalarType.Float64).cpu());
        }

        contribution.mul_(wide.Down.cpu().square().sum([0]).sqrt());
        return contribution.argsort(dim: 0).data<long>().ToArray();
    }
}
