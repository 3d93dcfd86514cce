using Puzzle.Evaluation.TaskFiles;

namespace Puzzle.Evaluation.Results;

/// <summary>A group's averaged metrics; empty where the group only gathers.</summary>
public sealed record GroupResult(TaskGroup Group, IReadOnlyList<MetricResult> Metrics, int Documents)
{
    public string Name => Group.Name;
}
