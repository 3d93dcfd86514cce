using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Puzzle.Core.Scoring;

/// <summary>
/// KL(p || q), cross-entropy and the most probable token of one row of logits, piece by piece of the vocabulary while the piece is
/// still in the processor's cache, where a chain of tensor operations would write and read whole rows ten times. Sums of a few
/// hundred terms are single, sums of those double.
/// </summary>
internal static class DivergenceKernel
{
    private const int TermsOfSum = 512;

    // 1.5 * 2^23: adding it rounds a small number to a whole one, which then stands in the lowest bits.
    private const float Rounder = 12_582_912;

    /// <summary>What the pieces of a row say so far; begin with <see cref="Start"/>.</summary>
    [StructLayout(LayoutKind.Auto)]
    public record struct Row
    {
        /// <summary>Nothing yet.</summary>
        public static Row Start => new() { Largest = float.NegativeInfinity };

        /// <summary>The largest logit.</summary>
        public float Largest { get; internal set; }

        /// <summary>Where it stands, the first of equals.</summary>
        public int First { get; internal set; }

        /// <summary>Sum of exp(logit - <see cref="Largest"/>).</summary>
        public double Sum { get; internal set; }

        /// <summary>Sum of p (logit - <see cref="Largest"/>).</summary>
        public double Product { get; internal set; }

        /// <summary>Sum of p.</summary>
        public double Mass { get; internal set; }

        /// <summary>log of the sum of exp(logit).</summary>
        public readonly double LogSum => Largest + Math.Log(Sum);

        /// <summary>Sum of p (log p - log q), with p's own sum in the place of 1.</summary>
        public readonly double Kl(double negativeEntropy) => negativeEntropy - Product + (Mass * Math.Log(Sum));
    }

    /// <summary>Adds a piece of a row.</summary>
    /// <param name="row">The row so far.</param>
    /// <param name="logits">The piece's logits.</param>
    /// <param name="probabilities">p of the same tokens; empty where p is not known yet.</param>
    /// <param name="column">The piece's first token.</param>
    public static void Add(ref Row row, ReadOnlySpan<float> logits, ReadOnlySpan<float> probabilities, int column)
    {
        var largest = Largest(logits);
        if (largest > row.Largest || column == 0)
        {
            // What was summed up is relative to the largest logit: products and sums stay small where the probability is.
            if (column > 0)
            {
                row.Product += row.Mass * (row.Largest - largest);
                row.Sum *= Math.Exp(row.Largest - largest);
            }

            row.Largest = largest;
            // Not a number has no place among numbers: any index will do, the sums come out as NaN.
            row.First = column + Math.Max(0, logits.IndexOf(largest));
        }

        for (var start = 0; start < logits.Length; start += TermsOfSum)
        {
            var count = Math.Min(TermsOfSum, logits.Length - start);
            if (probabilities.IsEmpty)
            {
                row.Sum += SumOfExp(logits.Slice(start, count), row.Largest);
                continue;
            }

            var (sum, product, mass) = Sums(logits.Slice(start, count), probabilities.Slice(start, count), row.Largest);
            row.Sum += sum;
            row.Product += product;
            row.Mass += mass;
        }
    }

    /// <summary>Makes probabilities of logits in place; returns their part of the negative entropy, sum of p log p.</summary>
    public static double Probabilities(Span<float> logits, double logSum)
    {
        double total = 0, totalMass = 0;
        for (var start = 0; start < logits.Length; start += TermsOfSum)
        {
            var (product, mass) = Exp(logits.Slice(start, Math.Min(TermsOfSum, logits.Length - start)), (float)logSum);
            total += product;
            totalMass += mass;
        }

        // What rounding the sum's logarithm has shifted all of them by.
        return total + (totalMass * ((float)logSum - logSum));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Largest(ReadOnlySpan<float> row)
    {
        var largest = float.NegativeInfinity;
        var i = 0;
        if (row.Length >= Vector512<float>.Count)
        {
            var best = Vector512.Create(row);
            for (i = Vector512<float>.Count; i <= row.Length - Vector512<float>.Count; i += Vector512<float>.Count)
                best = Vector512.Max(best, Vector512.Create(row[i..]));
            for (var lane = 0; lane < Vector512<float>.Count; lane++)
                largest = Math.Max(largest, best[lane]);
        }

        for (; i < row.Length; i++)
            largest = Math.Max(largest, row[i]);
        return largest;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (double Sum, double Product, double Mass) Sums(ReadOnlySpan<float> logits, ReadOnlySpan<float> probabilities, float largest)
    {
        var top = Vector512.Create(largest);
        Vector512<float> sums = default, products = default, masses = default;
        var i = 0;
        for (; i <= logits.Length - Vector512<float>.Count; i += Vector512<float>.Count)
        {
            var z = Vector512.Create(logits[i..]) - top;
            var p = Vector512.Create(probabilities[i..]);
            sums += Exp(z);
            products = Vector512.FusedMultiplyAdd(p, z, products);
            masses += p;
        }

        double sum = Vector512.Sum(sums), product = Vector512.Sum(products), mass = Vector512.Sum(masses);
        for (; i < logits.Length; i++)
        {
            var z = logits[i] - largest;
            sum += MathF.Exp(z);
            product += probabilities[i] * z;
            mass += probabilities[i];
        }

        return (sum, product, mass);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double SumOfExp(ReadOnlySpan<float> logits, float largest)
    {
        var top = Vector512.Create(largest);
        Vector512<float> sums = default;
        var i = 0;
        for (; i <= logits.Length - Vector512<float>.Count; i += Vector512<float>.Count)
            sums += Exp(Vector512.Create(logits[i..]) - top);
        double sum = Vector512.Sum(sums);
        for (; i < logits.Length; i++)
            sum += MathF.Exp(logits[i] - largest);
        return sum;
    }

    // p = exp(logit - logSum) in place, and the sums of p log p and of p.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (double Product, double Mass) Exp(Span<float> logits, float logSum)
    {
        var shift = Vector512.Create(logSum);
        Vector512<float> products = default, masses = default;
        var i = 0;
        for (; i <= logits.Length - Vector512<float>.Count; i += Vector512<float>.Count)
        {
            var logP = Vector512.Create((ReadOnlySpan<float>)logits[i..]) - shift;
            var p = Exp(logP);
            p.CopyTo(logits[i..]);
            products = Vector512.FusedMultiplyAdd(p, logP, products);
            masses += p;
        }

        double product = Vector512.Sum(products), mass = Vector512.Sum(masses);
        for (; i < logits.Length; i++)
        {
            var logP = logits[i] - logSum;
            logits[i] = MathF.Exp(logP);
            product += logits[i] * logP;
            mass += logits[i];
        }

        return (product, mass);
    }

    // e^x of numbers up to about 80, to the last bit or two: e^x = 2^n e^f with |f| at most half of ln 2, e^f by its series. The
    // library's goes by way of double and takes several times as long. What is not a number stays that.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Exp(Vector512<float> x)
    {
        var least = Vector512.Create(-87.33f);
        x = Vector512.ConditionalSelect(Vector512.LessThan(x, least), least, x);
        var rounded = Vector512.FusedMultiplyAdd(x, Vector512.Create(1.44269504f), Vector512.Create(Rounder));
        var n = rounded - Vector512.Create(Rounder);
        // ln 2 in two parts, the first short enough for an exact product.
        var f = Vector512.FusedMultiplyAdd(n, Vector512.Create(-0.693359375f), x);
        f = Vector512.FusedMultiplyAdd(n, Vector512.Create(2.12194440e-4f), f);
        var series = Vector512.Create(1f / 5040);
        series = Vector512.FusedMultiplyAdd(series, f, Vector512.Create(1f / 720));
        series = Vector512.FusedMultiplyAdd(series, f, Vector512.Create(1f / 120));
        series = Vector512.FusedMultiplyAdd(series, f, Vector512.Create(1f / 24));
        series = Vector512.FusedMultiplyAdd(series, f, Vector512.Create(1f / 6));
        series = Vector512.FusedMultiplyAdd(series, f, Vector512.Create(0.5f));
        series = Vector512.FusedMultiplyAdd(series, f, Vector512<float>.One);
        series = Vector512.FusedMultiplyAdd(series, f, Vector512<float>.One);
        var power = Vector512.ShiftLeft(rounded.AsInt32() + Vector512.Create(127), 23).AsSingle();
        return series * power;
    }
}
