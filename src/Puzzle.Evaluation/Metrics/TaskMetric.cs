namespace Puzzle.Evaluation.Metrics;

/// <summary>A metric of a task: how documents' values become one number, and which way is better.</summary>
public sealed record TaskMetric(string Name, Aggregation Aggregation, bool HigherIsBetter)
{
    public static TaskMetric Accuracy { get; } = new("acc", Aggregation.Mean, HigherIsBetter: true);

    public static TaskMetric NormalisedAccuracy { get; } = new("acc_norm", Aggregation.Mean, HigherIsBetter: true);
}
