namespace Puzzle.Evaluation.Metrics;

/// <summary>The harness's metrics that are computed here, with their default aggregation and direction.</summary>
public static class KnownMetrics
{
    private static readonly TaskMetric[] s_metrics =
    [
        TaskMetric.Accuracy,
        TaskMetric.NormalisedAccuracy,
        new("acc_bytes", Aggregation.Mean, HigherIsBetter: true),
        new("acc_mutual_info", Aggregation.Mean, HigherIsBetter: true),
        new("exact_match", Aggregation.Mean, HigherIsBetter: true),
        new("perplexity", Aggregation.Perplexity, HigherIsBetter: false),
        new("word_perplexity", Aggregation.WeightedPerplexity, HigherIsBetter: false),
        new("byte_perplexity", Aggregation.WeightedPerplexity, HigherIsBetter: false),
        new("bits_per_byte", Aggregation.BitsPerByte, HigherIsBetter: false),
    ];

    public static IEnumerable<string> Names => s_metrics.Select(metric => metric.Name);

    /// <summary>Null where the name is unknown.</summary>
    public static TaskMetric? Find(string name) => s_metrics.FirstOrDefault(metric => metric.Name == name);
}
