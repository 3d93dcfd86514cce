using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Puzzle.Core.Scoring;

/// <summary>
/// KL(p || q), cross-entropy and the most probable token of one row of logits in two passes over it, where a chain of tensor
/// operations would write and read it ten times. Sums are kept in double, block by block.
/// </summary>
internal static class DivergenceKernel
{
    private const int BlockOfSums = 512;

    /// <summary>What one position says.</summary>
    /// <param name="Kl">KL(p || q), nats.</param>
    /// <param name="LogSum">log of the sum of exp(logit).</param>
    /// <param name="First">The token with the largest logit, the first of equals.</param>
    [StructLayout(LayoutKind.Auto)]
    public readonly record struct Row(double Kl, double LogSum, int First);

    /// <summary>Compares one row.</summary>
    /// <param name="logits">The changed model's logits.</param>
    /// <param name="probabilities">The parent's probabilities.</param>
    /// <param name="negativeEntropy">Sum of p log p of the parent.</param>
    public static Row Compare(ReadOnlySpan<float> logits, ReadOnlySpan<float> probabilities, double negativeEntropy)
    {
        var first = FirstMaximum(logits);
        var largest = logits[first];
        // Relative to the largest logit: products and sums stay small where the probability is.
        double sum = 0, product = 0, mass = 0;
        for (var start = 0; start < logits.Length; start += BlockOfSums)
        {
            var count = Math.Min(BlockOfSums, logits.Length - start);
            var (s, p, m) = Block(logits.Slice(start, count), probabilities.Slice(start, count), largest);
            sum += s;
            product += p;
            mass += m;
        }

        // sum p (log p - (z - max) + log S), with p's own sum in the place of 1.
        return new Row(negativeEntropy - product + mass * Math.Log(sum), largest + Math.Log(sum), first);
    }

    private static (double Sum, double Product, double Mass) Block(ReadOnlySpan<float> logits, ReadOnlySpan<float> probabilities, float largest)
    {
        double sum = 0, product = 0, mass = 0;
        var i = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            var top = Vector256.Create(largest);
            Vector256<float> sums = default, products = default, masses = default;
            for (; i <= logits.Length - Vector256<float>.Count; i += Vector256<float>.Count)
            {
                var z = Vector256.Create(logits.Slice(i, Vector256<float>.Count)) - top;
                var p = Vector256.Create(probabilities.Slice(i, Vector256<float>.Count));
                sums += Vector256.Exp(z);
                products += p * z;
                masses += p;
            }

            (sum, product, mass) = (Vector256.Sum(sums), Vector256.Sum(products), Vector256.Sum(masses));
        }

        for (; i < logits.Length; i++)
        {
            var z = logits[i] - largest;
            sum += MathF.Exp(z);
            product += probabilities[i] * z;
            mass += probabilities[i];
        }

        return (sum, product, mass);
    }

    /// <summary>The index of the largest number, the first of equals.</summary>
    public static int FirstMaximum(ReadOnlySpan<float> row)
    {
        var largest = float.NegativeInfinity;
        var i = 0;
        if (Vector.IsHardwareAccelerated && row.Length >= Vector<float>.Count)
        {
            var best = new Vector<float>(row);
            for (i = Vector<float>.Count; i <= row.Length - Vector<float>.Count; i += Vector<float>.Count)
                best = Vector.Max(best, new Vector<float>(row[i..]));
            for (var lane = 0; lane < Vector<float>.Count; lane++)
                largest = Math.Max(largest, best[lane]);
        }

        for (; i < row.Length; i++)
            largest = Math.Max(largest, row[i]);
        // Not a number has no place among numbers: any index will do, the sums come out as NaN.
        return Math.Max(0, row.IndexOf(largest));
    }
}
