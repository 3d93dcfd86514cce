using Puzzle.Core.Errors;
using Puzzle.Serving.Engine;

namespace Puzzle.Serving.Tests.Engine;

/// <summary>What is drawn, and how often, against the soft-max.</summary>
public class SamplerTests
{
    private static readonly float[] s_logits = [1f, 3f, 2f, -1f, 2.5f];

    [Fact]
    public void FrequenciesAreTheSoftmaxAtTheTemperature()
    {
        foreach (var temperature in new[] { 0.5, 1, 2 })
        {
            var weights = s_logits.Select(logit => Math.Exp(logit / temperature)).ToArray();
            var counts = Draw(new() { Temperature = temperature, Seed = 9 }, 40_000);
            for (var id = 0; id < s_logits.Length; id++)
                Assert.Equal(weights[id] / weights.Sum(), counts[id] / 40_000.0, 0.01);
        }
    }

    [Fact]
    public void FiltersKeepTheTokensTheyName()
    {
        Assert.Equal([1], Kept(new() { Temperature = 1, TopK = 1 }));
        Assert.Equal([1, 2, 4], Kept(new() { Temperature = 1, TopK = 3 }));
        // Probabilities: id 1 0.464, id 4 0.281, id 2 0.171, id 0 0.063, id 3 0.008 (of the sum 43.3).
        Assert.Equal([1], Kept(new() { Temperature = 1, TopP = 0.46 }));
        Assert.Equal([1, 4], Kept(new() { Temperature = 1, TopP = 0.6 }));
        Assert.Equal([1, 2, 4], Kept(new() { Temperature = 1, TopP = 0.9 }));
        // Relative to the most likely: id 4 0.61, id 2 0.37, id 0 0.135, id 3 0.018.
        Assert.Equal([1, 4], Kept(new() { Temperature = 1, MinP = 0.5 }));
        Assert.Equal([0, 1, 2, 4], Kept(new() { Temperature = 1, MinP = 0.1 }));
    }

    /// <summary>A vocabulary too large to be put in order whole, against soft-max and filters written out.</summary>
    [Theory]
    [InlineData(0, 0.9, 0)]
    [InlineData(0, 0.99, 0)]
    [InlineData(40, 1, 0)]
    [InlineData(40, 0.8, 0)]
    [InlineData(0, 1, 0.05)]
    [InlineData(0, 0.9999, 0.001)]
    [InlineData(700, 0.9, 0.02)]
    public void FiltersAreRightInLargeVocabularies(int topK, double topP, double minP)
    {
        var random = new Random(topK + 1);
        var logits = Enumerable.Range(0, 2000).Select(_ => (float)(3 * random.NextDouble() * random.NextDouble() * random.NextDouble() * 3)).ToArray();
        var ordered = logits.Select((logit, id) => (Weight: Math.Exp((logit - (double)logits.Max()) / 0.7), Id: id)).OrderByDescending(pair => pair.Weight).Take(topK > 0 ? topK : logits.Length).ToList();
        var (total, sum) = (ordered.Sum(pair => pair.Weight), 0.0);
        var kept = ordered.TakeWhile(pair => (sum += pair.Weight) - pair.Weight < topP * total).Where(pair => pair.Weight >= minP).ToDictionary(pair => pair.Id, pair => pair.Weight);
        var sampler = new Sampler(new() { Temperature = 0.7, TopK = topK, TopP = topP, MinP = minP, Seed = 3 });
        var counts = new Dictionary<int, int>();
        for (var i = 0; i < 8000; i++)
        {
            var id = sampler.Next([.. logits]);
            Assert.Contains(id, kept.Keys);
            counts[id] = counts.GetValueOrDefault(id) + 1;
        }

        foreach (var (id, weight) in kept)
            Assert.Equal(weight / kept.Values.Sum(), counts.GetValueOrDefault(id) / 8000.0, 0.012);
    }

    [Fact]
    public void RepeatedTokensAreLessLikely()
    {
        var sampler = new Sampler(new() { RepetitionPenalty = 2 });
        sampler.See([1]);
        Assert.Equal(4, sampler.Next([.. s_logits]));
        sampler.See([4, 2]);
        Assert.Equal(1, sampler.Next([.. s_logits])); // 3 / 2 is the most again
        var negative = new Sampler(new() { RepetitionPenalty = 2 });
        negative.See([0]);
        Assert.Equal(1, negative.Next([-1f, -1.5f])); // -1 becomes -2
    }

    [Theory]
    [InlineData(-1, 0, 1, 0, 1)]
    [InlineData(1, -1, 1, 0, 1)]
    [InlineData(1, 0, 0, 0, 1)]
    [InlineData(1, 0, 1, 2, 1)]
    [InlineData(1, 0, 1, 0, 0)]
    [InlineData(double.NaN, 0, 1, 0, 1)]
    public void ImpossibleValuesAreRefused(double temperature, int topK, double topP, double minP, double penalty) =>
        Assert.Throws<RecipeException>(() => new Sampler(new() { Temperature = temperature, TopK = topK, TopP = topP, MinP = minP, RepetitionPenalty = penalty }));

    private static int[] Draw(SamplingOptions options, int times)
    {
        var sampler = new Sampler(options);
        var counts = new int[s_logits.Length];
        for (var i = 0; i < times; i++)
            counts[sampler.Next([.. s_logits])]++;
        return counts;
    }

    private static int[] Kept(SamplingOptions options) => [.. Draw(options, 4000).Select((count, id) => (count, id)).Where(pair => pair.count > 0).Select(pair => pair.id)];
}
