using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Puzzle.Serving.Kernels;

/// <summary>What a decoder does between matrix products, on plain memory.</summary>
internal static unsafe class VectorMath
{
    /// <summary>e to the x, relative error below 2e-7; 0 below -87, the largest power below overflow above 88.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x)
    {
        // x = n ln 2 + r: adding 1.5 * 2^23 rounds to an integer, whose bits then go into the exponent.
        var shifted = Vector512.FusedMultiplyAdd(Vector512.Min(x, Vector512.Create(88f)), Vector512.Create(1.44269504f), Vector512.Create(12582912f));
        var n = shifted - Vector512.Create(12582912f);
        var r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-0.693145752f), Vector512.Min(x, Vector512.Create(88f)));
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-1.42860677e-6f), r);
        var p = Vector512.Create(1.0f / 720);
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.0f / 120));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.0f / 24));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.0f / 6));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(0.5f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512<float>.One);
        p = Vector512.FusedMultiplyAdd(p, r, Vector512<float>.One);
        var scaled = (p.AsInt32() + (shifted.AsInt32() << 23)).AsSingle();
        return Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512.Create(-87f)), Vector512<float>.Zero, scaled);
    }

    /// <summary>x / rms(x) * weight.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void RmsNorm(float* x, float* weight, float* y, int count, float eps)
    {
        Vector512<float> s0 = default, s1 = default;
        var i = 0;
        for (; i + 32 <= count; i += 32)
        {
            var (a, b) = (Vector512.Load(x + i), Vector512.Load(x + i + 16));
            s0 = Vector512.FusedMultiplyAdd(a, a, s0);
            s1 = Vector512.FusedMultiplyAdd(b, b, s1);
        }

        var sum = Vector512.Sum(s0 + s1);
        for (; i < count; i++)
            sum += x[i] * x[i];
        var scale = 1f / MathF.Sqrt(sum / count + eps);
        var by = Vector512.Create(scale);
        for (i = 0; i + 16 <= count; i += 16)
            (Vector512.Load(x + i) * by * Vector512.Load(weight + i)).Store(y + i);
        for (; i < count; i++)
            y[i] = x[i] * scale * weight[i];
    }

    /// <summary>silu(gate) * up for sixteen values each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> SwiGlu(Vector512<float> gate, Vector512<float> up) =>
        gate / (Vector512<float>.One + Exp(-gate)) * up;

    /// <summary>RoPE on halves, then times <paramref name="scale"/>, in place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rotate(float* x, float* cos, float* sin, int half, float scale)
    {
        var i = 0;
        for (; i + 16 <= half; i += 16)
        {
            var (a, b) = (Vector512.Load(x + i), Vector512.Load(x + half + i));
            var (c, s) = (Vector512.Load(cos + i) * scale, Vector512.Load(sin + i) * scale);
            (a * c - b * s).Store(x + i);
            (b * c + a * s).Store(x + half + i);
        }

        for (; i < half; i++)
        {
            var (a, b) = (x[i], x[half + i]);
            var (c, s) = (cos[i] * scale, sin[i] * scale);
            x[i] = a * c - b * s;
            x[half + i] = b * c + a * s;
        }
    }

    /// <summary>Turns scores into e to the (score - largest), in place; <paramref name="count"/> is a multiple of 16. Returns their sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float ExpSum(float* scores, int count)
    {
        var largest = Vector512.Load(scores);
        for (var i = 16; i < count; i += 16)
            largest = Vector512.Max(largest, Vector512.Load(scores + i));
        var max = Vector512.Create(Largest(largest));
        var sum = Vector512<float>.Zero;
        for (var i = 0; i < count; i += 16)
        {
            var e = Exp(Vector512.Load(scores + i) - max);
            sum += e;
            e.Store(scores + i);
        }

        return Vector512.Sum(sum);
    }

    /// <summary>e to the ((logit - largest) * scale) for each logit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SoftmaxWeights(ReadOnlySpan<float> logits, float largest, float scale, Span<float> weights)
    {
        var (most, by) = (Vector512.Create(largest), Vector512.Create(scale));
        var i = 0;
        for (; i + 16 <= logits.Length; i += 16)
            Exp((Vector512.Create(logits[i..]) - most) * by).CopyTo(weights[i..]);
        for (; i < logits.Length; i++)
            weights[i] = MathF.Exp((logits[i] - largest) * scale);
    }

    /// <summary>Index of the largest value, the first of equal ones.</summary>
    public static int IndexOfLargest(ReadOnlySpan<float> values)
    {
        fixed (float* pointer = values)
            return IndexOfLargest(pointer, values.Length);
    }

    /// <summary>Index of the largest value, the first of equal ones.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int IndexOfLargest(float* values, int count)
    {
        var best = Vector512.Create(float.NegativeInfinity);
        var at = Vector512<int>.Zero;
        var here = Vector512.Create(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        var i = 0;
        for (; i + 16 <= count; i += 16)
        {
            var value = Vector512.Load(values + i);
            var greater = Vector512.GreaterThan(value, best);
            best = Vector512.ConditionalSelect(greater, value, best);
            at = Vector512.ConditionalSelect(greater.AsInt32(), here, at);
            here += Vector512.Create(16);
        }

        var (index, largest) = (at[0], best[0]);
        for (var lane = 1; lane < 16; lane++)
        {
            if (best[lane] > largest || (best[lane] == largest && at[lane] < index))
                (index, largest) = (at[lane], best[lane]);
        }

        for (; i < count; i++)
        {
            if (values[i] > largest)
                (index, largest) = (i, values[i]);
        }

        return index;
    }

    private static float Largest(Vector512<float> values)
    {
        var half = Vector256.Max(values.GetLower(), values.GetUpper());
        var quarter = Vector128.Max(half.GetLower(), half.GetUpper());
        return MathF.Max(MathF.Max(quarter[0], quarter[1]), MathF.Max(quarter[2], quarter[3]));
    }
}
