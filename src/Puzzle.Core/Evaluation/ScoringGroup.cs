namespace Puzzle.Core.Evaluation;

/// <summary>One context and the continuations to score after it; the context's computation is shared by all of them.</summary>
/// <param name="Context">At least one id: the first id of a continuation needs something before it.</param>
/// <param name="Continuations">Each at least one id.</param>
public sealed record ScoringGroup(int[] Context, IReadOnlyList<int[]> Continuations);
