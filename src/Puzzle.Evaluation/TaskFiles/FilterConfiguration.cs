namespace Puzzle.Evaluation.TaskFiles;

/// <summary>An entry of <c>filter_list</c>: a name and the steps applied to a generated text.</summary>
public sealed record FilterConfiguration(string Name, IReadOnlyList<IReadOnlyDictionary<string, object?>> Steps);
