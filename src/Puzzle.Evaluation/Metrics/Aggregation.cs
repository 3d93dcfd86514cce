namespace Puzzle.Evaluation.Metrics;

/// <summary>How the values of documents become the value of a task.</summary>
public enum Aggregation
{
    /// <summary>The mean of the values.</summary>
    Mean,

    /// <summary>exp(-mean of the log-likelihoods).</summary>
    Perplexity,

    /// <summary>exp(-sum of the log-likelihoods / sum of the weights).</summary>
    WeightedPerplexity,

    /// <summary>-sum of the log-likelihoods / sum of the weights / ln 2.</summary>
    BitsPerByte,

    /// <summary>Sum of the values / sum of the weights: a mean over parts of documents, such as instructions.</summary>
    PooledMean,
}
