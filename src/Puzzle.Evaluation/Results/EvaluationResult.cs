using Puzzle.Evaluation.TaskFiles;

namespace Puzzle.Evaluation.Results;

/// <summary>What a model scored on all tasks of a run.</summary>
public sealed record EvaluationResult
{
    public required IReadOnlyList<TaskResult> Tasks { get; init; }

    /// <summary>What was asked for, groups included.</summary>
    public required TaskSelection Selection { get; init; }

    /// <summary>Groups asked for, each followed by the groups below it.</summary>
    public required IReadOnlyList<GroupResult> Groups { get; init; }

    /// <summary>Of the whole evaluation, data reading included.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>The task of that name.</summary>
    public TaskResult this[string name] => Tasks.First(task => task.Name == name);
}
