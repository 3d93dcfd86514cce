using Puzzle.Core.Initialisation;
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
    public StartResult Start(SubblockSpec spec, Subblock parent, SubblockStatistics statistics)
    {
        var norm = parent.Parameters[0];
        var (fit, held) = statistics.Grams("normalised input", norm, n => n);
        var (weight, error) = LeastSquares.Fit(fit, held);
        return new(new LinearSubblock(spec.Subblock, statistics.Config.RmsNormEps, norm.detach().clone().DetachFromDisposeScope(), weight.DetachFromDisposeScope()), error);
    }
}
