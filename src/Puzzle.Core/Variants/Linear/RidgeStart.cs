using Puzzle.Core.Initialisation;
using Puzzle.Core.Models;
using Puzzle.Core.Variants.GroupedQuery;
using Puzzle.Core.Variants.SwiGlu;
using static TorchSharp.torch;

namespace Puzzle.Core.Variants.Linear;

/// <summary>Ridge regression of what the subblock adds on its normalised input.</summary>
public sealed class RidgeStart : IStart
{
    /// <inheritdoc/>
    public string Name => "ridge";

    /// <inheritdoc/>
    public bool Applies(SubblockSpec spec, Subblock parent) => parent is GroupedQueryAttention or SwiGluFeedForward;

    /// <inheritdoc/>
    public Subblock Start(SubblockSpec spec, Subblock parent, SubblockStatistics statistics)
    {
        var norm = parent.Parameters[0];
        var eps = statistics.Config.RmsNormEps;
        var (fit, held) = statistics.Grams("normalised input", x => Operators.RmsNorm(x, norm, eps));
        return new LinearSubblock(spec.Subblock, eps, norm.detach().clone().DetachFromDisposeScope(), LeastSquares.Fit(fit, held).DetachFromDisposeScope());
    }
}
