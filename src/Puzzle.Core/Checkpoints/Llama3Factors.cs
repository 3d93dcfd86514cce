using Puzzle.Core.Models;

namespace Puzzle.Core.Checkpoints;

/// <summary>
/// Between the parameters of llama3 scaling and what GGUF files keep of them: for each frequency the factor by which it is
/// divided. With wavelength w = 2 pi theta^(2i/d): 1 below original/high, the full factor above original/low, and between
/// them 1 / ((1 - s) / factor + s) with s = (original / w - low) / (high - low).
/// </summary>
internal static class Llama3Factors
{
    // A file holds float32; anything that fits this closely is the same function.
    private const double Tolerance = 2e-6;

    public static float[] Compute(RopeScaling scaling, double theta, int headDim)
    {
        var factors = new float[headDim / 2];
        for (var i = 0; i < factors.Length; i++)
            factors[i] = (float)Factor(scaling, Wavelength(theta, headDim, i));
        return factors;
    }

    /// <summary>Parameters that give the factors, or null where none do.</summary>
    public static RopeScaling? Fit(ReadOnlySpan<float> factors, double theta, int headDim)
    {
        var full = 1f;
        foreach (var factor in factors)
            full = MathF.Max(full, factor);
        // Published models first, so that they get their own numbers back; then what the factors themselves say.
        for (var original = 8192; original >= 32; original /= 2)
        {
            if (Try(new("llama3", full, 1, 4, original), factors, theta, headDim) is { } common)
                return common;
        }

        for (var original = 16384; original <= 1 << 20; original *= 2)
        {
            if (Try(new("llama3", full, 1, 4, original), factors, theta, headDim) is { } common)
                return common;
        }

        return Solve(factors, full, theta, headDim) is { } solved ? Try(solved, factors, theta, headDim) : null;
    }

    // s is linear in 1 / w with slope original / (high - low) and offset -low / (high - low); two frequencies in between
    // fix both, and low = 1 is a choice of units.
    private static RopeScaling? Solve(ReadOnlySpan<float> factors, float full, double theta, int headDim)
    {
        List<(double Inverse, double Smooth)> between = [];
        for (var i = 0; i < factors.Length; i++)
        {
            if (factors[i] > 1 && factors[i] < full)
                between.Add((1 / Wavelength(theta, headDim, i), (1.0 / factors[i] - 1.0 / full) / (1 - 1.0 / full)));
        }

        if (between.Count < 2)
            return null;
        var (first, last) = (between[0], between[^1]);
        var slope = (last.Smooth - first.Smooth) / (last.Inverse - first.Inverse);
        var offset = slope * first.Inverse - first.Smooth;
        var original = slope / offset;
        return offset > 0 && original is >= 1 and <= int.MaxValue
            ? new("llama3", full, 1, 1 + 1 / offset, (int)Math.Round(original))
            : null;
    }

    private static RopeScaling? Try(RopeScaling scaling, ReadOnlySpan<float> factors, double theta, int headDim)
    {
        for (var i = 0; i < factors.Length; i++)
        {
            if (!(Math.Abs(Factor(scaling, Wavelength(theta, headDim, i)) / factors[i] - 1) <= Tolerance))
                return null;
        }

        return scaling;
    }

    private static double Factor(RopeScaling scaling, double wavelength)
    {
        var original = (double)scaling.OriginalMaxPositionEmbeddings;
        if (wavelength < original / scaling.HighFreqFactor)
            return 1;
        if (wavelength > original / scaling.LowFreqFactor)
            return scaling.Factor;
        var smooth = (original / wavelength - scaling.LowFreqFactor) / (scaling.HighFreqFactor - scaling.LowFreqFactor);
        return 1 / ((1 - smooth) / scaling.Factor + smooth);
    }

    private static double Wavelength(double theta, int headDim, int i) => 2 * Math.PI * Math.Pow(theta, 2.0 * i / headDim);
}
