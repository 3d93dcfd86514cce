using Puzzle.Core.Scoring;

namespace Puzzle.Core.Search.Rounds;

/// <summary>A child, and what every other subblock would make of it.</summary>
/// <param name="Child">The child against the parent.</param>
/// <param name="Scores">The child with one subblock replaced, against the parent.</param>
public sealed record Surroundings(Comparison Child, IReadOnlyList<SubblockScore> Scores);
