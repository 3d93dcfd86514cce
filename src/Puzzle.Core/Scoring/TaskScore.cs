namespace Puzzle.Core.Scoring;

/// <summary>A model's score on a task, turned so that less is better.</summary>
/// <param name="Value">The task's metric where less of it is better, else 1 less the metric.</param>
/// <param name="Error">Its standard error; 0 where the task has none.</param>
public sealed record TaskScore(double Value, double Error);
