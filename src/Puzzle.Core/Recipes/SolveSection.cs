using System.ComponentModel.DataAnnotations;

namespace Puzzle.Core.Recipes;

/// <summary>The search for the best architecture within the limits.</summary>
public sealed record SolveSection
{
    /// <summary>The relative gap between solution and bound at which the search may stop. 0 proves the optimum.</summary>
    [Range(0.0, 1.0)]
    public double Gap { get; init; }

    /// <summary>Seconds after which the best solution so far is taken and its gap printed.</summary>
    [Range(0.001, 1e7)]
    public double Seconds { get; init; } = 300;

    /// <summary>Solutions to find, each different enough from those before.</summary>
    [Range(1, 10_000)]
    public int Solutions { get; init; } = 1;

    /// <summary>The least share of layers in which two solutions differ.</summary>
    [Range(0.0, 1.0)]
    public Share Diversity { get; init; } = 0.2;

    /// <summary>Rounds of realising the solution, measuring its true KL, and scoring variants around it.</summary>
    [Range(0, 1_000)]
    public int Rounds { get; init; }

    /// <summary>Whether all layers must take the same choice.</summary>
    public bool Homogeneous { get; init; }

    /// <summary>independent: no-ops compete like all variants. trajectory: also try those of a conditional removal path (remove the least harmful, score again).</summary>
    public RemovalMode Removal { get; init; } = RemovalMode.Independent;

    /// <summary>Layers with a fixed choice.</summary>
    public IReadOnlyList<Pin> Pins { get; init; } = [];

    /// <summary>Variants that may not be used.</summary>
    public IReadOnlyList<Ban> Forbid { get; init; } = [];

    /// <summary>Other ways to choose, under the same limits, for the report.</summary>
    public IReadOnlyList<Baseline> Baselines { get; init; } = [Baseline.Greedy, Baseline.Random, Baseline.MaxParams, Baseline.Homogeneous, Baseline.NoOpOnly, Baseline.Depth];
}

/// <summary>How no-ops are chosen.</summary>
public enum RemovalMode
{
    /// <summary>By their own scores.</summary>
    Independent,

    /// <summary>Also by removing one after the other.</summary>
    Trajectory,
}

/// <summary>A fixed choice for a layer; a side that is left out stays free.</summary>
public sealed record Pin
{
    /// <summary>The layer, from 0.</summary>
    [Range(0, 65_535)]
    public required int Layer { get; init; }

    /// <summary>Its attention.</summary>
    public AttentionChoice? Attention { get; init; }

    /// <summary>Its feed-forward.</summary>
    public FeedForwardChoice? Ffn { get; init; }
}

/// <summary>Variants that may not be used in some layers.</summary>
public sealed record Ban
{
    /// <summary>The layers, from 0. Default: all.</summary>
    [Range(0, 65_535)]
    public IReadOnlyList<int>? Layers { get; init; }

    /// <summary>Attention that is forbidden there.</summary>
    public IReadOnlyList<AttentionChoice> Attention { get; init; } = [];

    /// <summary>Feed-forward that is forbidden there.</summary>
    public IReadOnlyList<FeedForwardChoice> Ffn { get; init; } = [];
}

/// <summary>Another way to choose an architecture.</summary>
public enum Baseline
{
    /// <summary>The paper's greedy search.</summary>
    Greedy,

    /// <summary>Random choices from the library.</summary>
    Random,

    /// <summary>The most parameters that fit.</summary>
    MaxParams,

    /// <summary>The best single choice for all layers.</summary>
    Homogeneous,

    /// <summary>The parent's subblocks or nothing.</summary>
    NoOpOnly,

    /// <summary>Whole layers left out, the least harmful first, as many as the limits need.</summary>
    Depth,
}
