using System.Diagnostics;

namespace Puzzle.Evaluation.Metrics;

/// <summary>The harness's aggregations.</summary>
public static class Aggregations
{
    public static double Apply(this Aggregation aggregation, IReadOnlyList<DocumentScore> scores) => aggregation switch
    {
        Aggregation.Mean => scores.Average(score => score.Value),
        Aggregation.Perplexity => Math.Exp(-scores.Average(score => score.Value)),
        Aggregation.WeightedPerplexity => Math.Exp(-WeightedMean(scores)),
        Aggregation.BitsPerByte => -WeightedMean(scores) / Math.Log(2),
        Aggregation.PooledMean => WeightedMean(scores),
        _ => throw new UnreachableException(),
    };

    /// <summary>Null where the name is none of the harness's.</summary>
    public static Aggregation? Parse(string name) => name switch
    {
        "mean" => Aggregation.Mean,
        "perplexity" => Aggregation.Perplexity,
        "weighted_perplexity" => Aggregation.WeightedPerplexity,
        "bits_per_byte" => Aggregation.BitsPerByte,
        "pooled_mean" => Aggregation.PooledMean,
        _ => null,
    };

    private static double WeightedMean(IReadOnlyList<DocumentScore> scores) =>
        scores.Sum(score => score.Value) / scores.Sum(score => score.Weight);
}
