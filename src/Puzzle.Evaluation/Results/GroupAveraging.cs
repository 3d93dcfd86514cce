using Puzzle.Evaluation.Metrics;
using Puzzle.Evaluation.TaskFiles;

namespace Puzzle.Evaluation.Results;

/// <summary>Averages task metrics over groups.</summary>
public static class GroupAveraging
{
    /// <summary>The results of a group and of all groups below it, itself first.</summary>
    public static IEnumerable<GroupResult> Of(TaskGroup group, IReadOnlyDictionary<string, TaskResult> tasks)
    {
        var below = group.Tasks.Select(task => tasks[task.Name]).ToArray();
        var metrics = group.Aggregates
            .SelectMany(aggregate => aggregate.Filters.Select(filter => Average(aggregate, filter, below)))
            .OfType<MetricResult>()
            .ToArray();
        yield return new GroupResult(group, metrics, below.Sum(task => task.Samples.Count));
        foreach (var inner in group.Parts.Select(part => part.Group).OfType<TaskGroup>().SelectMany(part => Of(part, tasks)))
            yield return inner;
    }

    private static MetricResult? Average(GroupAggregate aggregate, string filter, TaskResult[] tasks)
    {
        var parts = tasks
            .Select(task => (task.Samples.Count, Metric: task.Metrics.FirstOrDefault(metric => metric.Metric == aggregate.Metric && metric.Filter == filter)))
            .Where(part => part.Metric is not null)
            .Select(part => (part.Count, Metric: part.Metric!))
            .ToArray();
        if (parts.Length == 0)
            return null;
        var value = parts.Sum(part => part.Metric.Value * (aggregate.WeightBySize ? part.Count : 1)) /
            parts.Sum(part => aggregate.WeightBySize ? part.Count : 1);
        var stdErr = parts.All(part => part.Metric.StdErr is not null)
            ? StandardError.Pooled([.. parts.Select(part => (part.Metric.StdErr!.Value, part.Count))])
            : (double?)null;
        return new MetricResult(aggregate.Metric, filter, value, stdErr, parts[0].Metric.HigherIsBetter);
    }
}
