namespace Puzzle.Core.Search.Rounds;

/// <summary>One solution that was put together and measured.</summary>
/// <param name="Round">0 for the first solution, by scores around the parent.</param>
/// <param name="Way">How it came about: <c>search</c>, <c>around the best</c>, <c>trajectory of N</c>.</param>
/// <param name="Predicted">What the scores said that its metric would be.</param>
/// <param name="True">What it is.</param>
/// <param name="TrueError">The standard error of that over windows.</param>
/// <param name="Changed">Layers that differ from the best before.</param>
/// <param name="Best">Whether it is the best so far.</param>
public sealed record RoundRecord(int Round, string Way, double Predicted, double True, double TrueError, int Changed, bool Best);
