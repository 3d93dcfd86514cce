using Puzzle.Core.Scoring;

namespace Puzzle.Core.Distillation;

/// <summary>The pairs that stage couple trained.</summary>
public sealed record CoupleTable
{
    /// <summary>The file, in the stage's folder.</summary>
    public const string File = "pairs.json";

    /// <summary>Tokens that each was trained on.</summary>
    public long Tokens { get; init; }

    /// <summary>One entry a pair; none where subblocks are trained for themselves only.</summary>
    public required IReadOnlyList<CoupledRecord> Pairs { get; init; }
}

/// <summary>What became of a pair.</summary>
/// <param name="Score">Of the block in the parent's place.</param>
/// <param name="Before">Held-out loss with the weights that the subblocks have for themselves.</param>
/// <param name="After">Held-out loss after training.</param>
/// <param name="Trained">Whether it was trained at all.</param>
public sealed record CoupledRecord(BlockScore Score, double Before, double After, bool Trained);
