using Puzzle.Evaluation.Randomness;

namespace Puzzle.Evaluation.Metrics;

/// <summary>Standard errors as the harness gives them, down to the random draws of its bootstrap.</summary>
public static class StandardError
{
    /// <summary>The harness's number of bootstrap resamples.</summary>
    public const int DefaultResamples = 100_000;

    private const int ChunkSize = 1000;

    /// <summary>Null where the harness gives none: a single document, or a weighted perplexity.</summary>
    /// <param name="resamples">For metrics whose error is bootstrapped; 0 leaves those without one.</param>
    public static double? Of(Aggregation aggregation, IReadOnlyList<DocumentScore> scores, int resamples = DefaultResamples)
    {
        if (scores.Count < 2)
            return null;
        var values = scores.Select(score => score.Value).ToArray();
        return aggregation switch
        {
            Aggregation.Mean => SampleDeviation(values) / Math.Sqrt(values.Length),
            Aggregation.Perplexity when resamples > 0 =>
                Bootstrap(values, drawn => Math.Exp(-Mean(drawn)), resamples),
            _ => null,
        };
    }

    /// <summary>The standard error of a mean of groups, each weighted by its documents (<c>pooled_sample_stderr</c>).</summary>
    public static double Pooled(IReadOnlyList<(double StdErr, int Count)> parts)
    {
        var total = parts.Sum(part => part.Count);
        var variance = parts.Sum(part => (part.Count - 1) * part.StdErr * part.StdErr * part.Count) / (total - parts.Count);
        return Math.Sqrt(variance / total);
    }

    private static double Bootstrap(double[] values, Func<double[], double> statistic, int resamples)
    {
        // Chunk i is drawn from Random(i), so chunks may run side by side with the same result.
        var chunk = Math.Min(ChunkSize, resamples);
        var results = new double[resamples / chunk * chunk];
        Parallel.For(0, resamples / chunk, index =>
        {
            var random = new PythonRandom(index);
            var drawn = new double[values.Length];
            for (var i = 0; i < chunk; i++)
            {
                for (var j = 0; j < drawn.Length; j++)
                    drawn[j] = values[(int)(random.NextDouble() * values.Length)];
                results[(index * chunk) + i] = statistic(drawn);
            }
        });
        return SampleDeviation(results);
    }

    private static double SampleDeviation(double[] values)
    {
        var mean = Mean(values);
        return Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1));
    }

    private static double Mean(double[] values) => values.Sum() / values.Length;
}
