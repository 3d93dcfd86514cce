using Puzzle.Evaluation.Tasks;

namespace Puzzle.Evaluation.TaskFiles;

/// <summary>What was asked for: tasks and groups in the order of asking.</summary>
public sealed record TaskSelection(IReadOnlyList<TaskGroup.Part> Parts)
{
    /// <summary>All tasks, those of groups included, each once.</summary>
    public IReadOnlyList<EvalTask> Tasks { get; } =
        [.. Parts.SelectMany(part => part.Group?.Tasks ?? [part.Task!]).DistinctBy(task => task.Name)];

    /// <summary>Tasks alone, without groups.</summary>
    public static TaskSelection Of(IEnumerable<EvalTask> tasks) => new([.. tasks.Select(task => new TaskGroup.Part(null, task))]);
}
