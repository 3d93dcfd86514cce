namespace Puzzle.Core.Variants;

/// <summary>A way to start a variant from the parent's own weights, before any training.</summary>
public interface IStart
{
    /// <summary>As in recipes and tables: <c>mean_pool</c>, <c>channel_contribution</c>, <c>ridge</c>, ...</summary>
    string Name { get; }

    /// <summary>Whether this start exists for the spec.</summary>
    bool Applies(SubblockSpec spec, Subblock parent);

    /// <summary>A new subblock with weights of its own.</summary>
    /// <param name="spec">What it becomes.</param>
    /// <param name="parent">The parent's subblock.</param>
    /// <param name="statistics">What the calibration pass saw at this subblock.</param>
    StartResult Start(SubblockSpec spec, Subblock parent, Initialisation.SubblockStatistics statistics);
}
