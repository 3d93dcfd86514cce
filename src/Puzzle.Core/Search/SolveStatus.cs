namespace Puzzle.Core.Search;

/// <summary>How sure the solver is of a solution.</summary>
public enum SolveStatus
{
    /// <summary>Proven: nothing in the library is better by more than the asked gap.</summary>
    Optimal,

    /// <summary>Meets every limit; the time ran out before a proof. The gap says how much better another could be.</summary>
    Feasible,
}
