namespace Puzzle.Core.Search;

/// <summary>One point of a Pareto front.</summary>
/// <param name="Bound">The bound on the swept quantity, in its own unit.</param>
/// <param name="Reached">What the child of this point makes of the quantity.</param>
/// <param name="Solution">The best architecture within the bound.</param>
public sealed record SweepPoint(double Bound, double Reached, PuzzleSolution Solution);
