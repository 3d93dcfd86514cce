using Puzzle.Evaluation.Metrics;

namespace Puzzle.Evaluation.TaskFiles;

/// <summary>An entry of <c>metric_list</c>.</summary>
public sealed record MetricConfiguration(TaskMetric Metric)
{
    /// <summary>exact_match: removed from both texts before they are compared.</summary>
    public IReadOnlyList<string> RegexesToIgnore { get; init; } = [];

    public bool IgnoreCase { get; init; }

    public bool IgnorePunctuation { get; init; }

    public bool IgnoreNumbers { get; init; }
}
