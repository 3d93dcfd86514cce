namespace Puzzle.Evaluation.TaskFiles;

/// <summary>A <c>!function module.name</c> of a task file: names a built-in of ours, Python is not run.</summary>
public sealed record FunctionReference(string Name);
