namespace Puzzle.Evaluation;

/// <summary>How far an evaluation is.</summary>
/// <param name="Task">The task at work.</param>
/// <param name="TaskIndex">Counted from 0.</param>
/// <param name="Done">Documents of the task whose answers are there.</param>
public sealed record EvaluationProgress(string Task, int TaskIndex, int TaskCount, int Done, int Total);
