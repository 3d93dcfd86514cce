using Puzzle.Evaluation.Metrics;

namespace Puzzle.Evaluation.Tests.Metrics;

public class StandardErrorTests
{
    private static readonly DocumentScore[] s_logLikelihoods =
        [new(-5.0283589363098145), new(-5.1840925216674805), new(-0.3), new(-2.5), new(-9.75), new(-1.0)];

    [Fact]
    public void AMeanHasTheSampleDeviationOverTheRootOfTheCount()
    {
        DocumentScore[] scores = [new(1), new(0), new(0), new(1)];
        Assert.Equal(Math.Sqrt(1.0 / 3) / 2, StandardError.Of(Aggregation.Mean, scores)!.Value, 12);
    }

    [Fact]
    public void APerplexityIsBootstrappedWithPythonsDraws() =>
        Assert.Equal(242.75188125624695, StandardError.Of(Aggregation.Perplexity, s_logLikelihoods, 5000)!.Value, 9);

    [Fact]
    public void AWeightedPerplexityHasNone() =>
        Assert.Null(StandardError.Of(Aggregation.WeightedPerplexity, s_logLikelihoods));

    [Fact]
    public void ASingleDocumentHasNone() =>
        Assert.Null(StandardError.Of(Aggregation.Mean, [new DocumentScore(1)]));

    [Fact]
    public void PoolingEqualPartsGivesTheErrorOfTheWhole()
    {
        // Two tasks of 100 documents with equal deviation s: the pooled error is s / sqrt(200), up to the freedoms lost.
        var one = 0.5 / Math.Sqrt(100);
        Assert.Equal(0.5 / Math.Sqrt(200), StandardError.Pooled([(one, 100), (one, 100)]), 12);
    }
}
