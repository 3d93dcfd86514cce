using Puzzle.Evaluation.Tasks;

namespace Puzzle.Evaluation.TaskFiles;

/// <summary>Tasks and groups under one name, with the metrics that are averaged over them.</summary>
/// <param name="Parts">Groups and tasks in their order.</param>
/// <param name="Aggregates">Empty: the group only gathers.</param>
public sealed record TaskGroup(string Name, string Alias, string Version, IReadOnlyList<TaskGroup.Part> Parts, IReadOnlyList<GroupAggregate> Aggregates)
{
    /// <summary>A member: a group or a task.</summary>
    public sealed record Part(TaskGroup? Group, EvalTask? Task)
    {
        public string Name => Group?.Name ?? Task!.Name;
    }

    /// <summary>All tasks below, each once.</summary>
    public IEnumerable<EvalTask> Tasks => Parts.SelectMany(part => part.Group?.Tasks ?? [part.Task!]).DistinctBy(task => task.Name);
}
