namespace Puzzle.Core.Scoring;

/// <summary>
/// Composes the scores of two subblocks of one block: (a^p + f^p)^(1/p). Two damages to one block overlap, so their sum is too
/// pessimistic; the exponent is fitted on pairs that were scored together.
/// </summary>
public static class BlockComposition
{
    /// <summary>What fits a measured library of 80 layers best, for want of pairs of one's own.</summary>
    public const double DefaultExponent = 1.6;

    private const double Most = 4;

    /// <summary>The score of the block.</summary>
    public static double Compose(double attention, double feedForward, double exponent)
    {
        var (a, f) = (Math.Max(0, attention), Math.Max(0, feedForward));
        var larger = Math.Max(a, f);
        return larger == 0 ? 0 : larger * Math.Pow(Math.Pow(a / larger, exponent) + Math.Pow(f / larger, exponent), 1 / exponent);
    }

    /// <summary>The exponent with the least squared error of log-scores over the pairs; the default where there are fewer than three.</summary>
    public static double Fit(IReadOnlyList<SubblockScore> subblocks, IReadOnlyList<BlockScore> pairs)
    {
        var single = subblocks.ToDictionary(score => (score.Layer, score.Spec), score => score.Kl);
        var known = pairs.Where(pair => pair.Kl > 1e-9 && single.ContainsKey((pair.Layer, pair.Spec.Attention)) && single.ContainsKey((pair.Layer, pair.Spec.FeedForward)))
            .Select(pair => (Attention: single[(pair.Layer, pair.Spec.Attention)], FeedForward: single[(pair.Layer, pair.Spec.FeedForward)], Joint: pair.Kl))
            .Where(pair => pair.Attention > 1e-9 && pair.FeedForward > 1e-9).ToArray();
        if (known.Length < 3)
            return DefaultExponent;
        return Enumerable.Range(0, 61).Select(i => 1 + i * (Most - 1) / 60).MinBy(exponent =>
            known.Sum(pair => Math.Pow(Math.Log(Compose(pair.Attention, pair.FeedForward, exponent) / pair.Joint), 2)));
    }
}
