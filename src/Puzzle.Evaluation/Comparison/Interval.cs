namespace Puzzle.Evaluation.Comparison;

/// <summary>A confidence interval.</summary>
public sealed record Interval(double Lower, double Upper, double Confidence)
{
    /// <summary>The part of the samples that lies in the middle: percentiles, interpolated; null without any number.</summary>
    public static Interval? Of(IEnumerable<double> samples, double confidence)
    {
        var sorted = samples.Where(double.IsFinite).Order().ToArray();
        if (sorted.Length == 0)
            return null;
        return new Interval(Quantile(sorted, (1 - confidence) / 2), Quantile(sorted, (1 + confidence) / 2), confidence);
    }

    private static double Quantile(double[] sorted, double part)
    {
        var position = part * (sorted.Length - 1);
        var below = (int)position;
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((sorted[above] - sorted[below]) * (position - below));
    }
}
