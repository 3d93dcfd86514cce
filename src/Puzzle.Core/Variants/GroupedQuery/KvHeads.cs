using Puzzle.Core.Initialisation;
using Puzzle.Core.Models;
using static TorchSharp.torch;

namespace Puzzle.Core.Variants.GroupedQuery;

/// <summary>Putting an attention with fewer KV heads together.</summary>
internal static class KvHeads
{
    /// <summary>Solves the output projection anew for the heads that the child has.</summary>
    public static GroupedQueryAttention Refit(GroupedQueryAttention child, string name, SubblockStatistics statistics)
    {
        using var noGrad = no_grad();
        var eps = statistics.Config.RmsNormEps;
        var (fit, held) = statistics.Grams(name, x => child.Heads(Operators.RmsNorm(x, child.Norm, eps), statistics.Context, statistics.Layer), child.OutputBias);
        using var output = LeastSquares.Fit(fit, held);
        child.Output.copy_(output);
        return child;
    }
}
