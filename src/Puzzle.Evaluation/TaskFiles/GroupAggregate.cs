namespace Puzzle.Evaluation.TaskFiles;

/// <summary>A metric averaged over the tasks of a group (<c>aggregate_metric_list</c>).</summary>
/// <param name="WeightBySize">Whether each task counts by its documents.</param>
/// <param name="Filters">The filters it is averaged for.</param>
public sealed record GroupAggregate(string Metric, bool WeightBySize, IReadOnlyList<string> Filters);
