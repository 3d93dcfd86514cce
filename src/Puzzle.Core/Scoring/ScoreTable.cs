using Puzzle.Core.Recipes;

namespace Puzzle.Core.Scoring;

/// <summary>The scores of a library: of subblocks, of some pairs, and how two scores make one.</summary>
public sealed record ScoreTable
{
    /// <summary>What counts in the search.</summary>
    public required ScoreMetric Metric { get; init; }

    /// <summary>Validation tokens they were computed on.</summary>
    public long Tokens { get; init; }

    /// <summary>Cross-entropy of the parent on them, nats.</summary>
    public double ParentLoss { get; init; }

    /// <summary>The parent on the recipe's task; null where no task counts.</summary>
    public TaskScore? ParentTask { get; init; }

    /// <summary>One entry for every layer and variant but the parent's own.</summary>
    public required IReadOnlyList<SubblockScore> Subblocks { get; init; }

    /// <summary>Pairs that were scored together.</summary>
    public IReadOnlyList<BlockScore> Pairs { get; init; } = [];

    /// <summary>Exponent of the norm that composes the scores of two subblocks of one block.</summary>
    public double Exponent { get; init; } = BlockComposition.DefaultExponent;
}
