using Puzzle.Evaluation.Tasks;

namespace Puzzle.Evaluation.Results;

/// <summary>What a model scored on a task.</summary>
public sealed record TaskResult
{
    public required PreparedTask Prepared { get; init; }

    /// <summary>In the order of the task's metrics, filter by filter.</summary>
    public required IReadOnlyList<MetricResult> Metrics { get; init; }

    /// <summary>In document order.</summary>
    public required IReadOnlyList<SampleResult> Samples { get; init; }

    public string Name => Prepared.Task.Name;

    /// <summary>What blind guessing would score on average.</summary>
    public double Chance => Samples.Count == 0 ? 0 : Samples.Average(sample => sample.Document.Chance);

    /// <summary>The metric that stands for the task: acc_norm where defined, else acc, else its first.</summary>
    public MetricResult Primary => Preferred(null);

    /// <summary>The metric of that name where the task has it, else <see cref="Primary"/>.</summary>
    public MetricResult Preferred(string? name) =>
        new[] { name, "acc_norm", "acc" }.Select(wanted => Metrics.FirstOrDefault(metric => metric.Metric == wanted)).FirstOrDefault(metric => metric is not null) ?? Metrics[0];
}
