using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Puzzle.Serving.Kernels;

/// <summary>
/// The innermost loops for processors without 512-bit vectors, over the same panels: half a panel and at most four rows at
/// a time, so that eight sums fit into sixteen registers.
/// </summary>
internal static unsafe class Kernel256
{
    /// <summary>y = start + x W; see <see cref="Kernel512.Run"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<T>(int rows, float* x, nint xStride, byte* panel, nint count, float* start, nint startStride, float* y, nint yStride)
        where T : struct, IPanelType
    {
        for (var half = 0; half < 2; half++)
        {
            var row = 0;
            for (; rows - row >= 4; row += 4)
                Rows4<T>(x + row * xStride, xStride, panel, half, count, start + row * startStride + 16 * half, startStride, y + row * yStride + 16 * half, yStride);
            for (; row < rows; row++)
                Rows1<T>(x + row * xStride, panel, half, count, start + row * startStride + 16 * half, y + row * yStride + 16 * half);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows1<T>(float* x, byte* panel, int half, nint count, float* start, float* y)
        where T : struct, IPanelType
    {
        var (a0, a1) = (Vector256.Load(start), Vector256.Load(start + 8));
        Vector256<float> b0 = default, b1 = default;
        while (count > 0)
        {
            var (s0, s1) = T.HalfScales(panel, half);
            panel += T.ScaleBytes;
            var left = Math.Min(count, T.Block);
            count -= left;
            for (; left >= 2; left -= 2)
            {
                var (w0, w1) = T.LoadHalf(panel, half, s0, s1);
                var v = Vector256.Create(x[0]);
                a0 = Vector256.FusedMultiplyAdd(v, w0, a0);
                a1 = Vector256.FusedMultiplyAdd(v, w1, a1);
                (w0, w1) = T.LoadHalf(panel + T.Bytes, half, s0, s1);
                v = Vector256.Create(x[1]);
                b0 = Vector256.FusedMultiplyAdd(v, w0, b0);
                b1 = Vector256.FusedMultiplyAdd(v, w1, b1);
                x += 2;
                panel += 2 * T.Bytes;
            }

            if (left > 0)
            {
                var (w0, w1) = T.LoadHalf(panel, half, s0, s1);
                var v = Vector256.Create(*x++);
                a0 = Vector256.FusedMultiplyAdd(v, w0, a0);
                a1 = Vector256.FusedMultiplyAdd(v, w1, a1);
                panel += T.Bytes;
            }
        }

        (a0 + b0).Store(y);
        (a1 + b1).Store(y + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows4<T>(float* x, nint xStride, byte* panel, int half, nint count, float* start, nint startStride, float* y, nint yStride)
        where T : struct, IPanelType
    {
        var (stride2, stride3) = (2 * xStride, 3 * xStride);
        var (a0, a1) = Pair(start);
        var (b0, b1) = Pair(start + startStride);
        var (c0, c1) = Pair(start + 2 * startStride);
        var (d0, d1) = Pair(start + 3 * startStride);
        while (count > 0)
        {
            var (s0, s1) = T.HalfScales(panel, half);
            panel += T.ScaleBytes;
            var left = Math.Min(count, T.Block);
            count -= left;
            for (; left > 0; left--)
            {
                var (w0, w1) = T.LoadHalf(panel, half, s0, s1);
                panel += T.Bytes;
                var v0 = Vector256.Create(*x);
                a0 = Vector256.FusedMultiplyAdd(v0, w0, a0);
                a1 = Vector256.FusedMultiplyAdd(v0, w1, a1);
                var v1 = Vector256.Create(x[xStride]);
                b0 = Vector256.FusedMultiplyAdd(v1, w0, b0);
                b1 = Vector256.FusedMultiplyAdd(v1, w1, b1);
                var v2 = Vector256.Create(x[stride2]);
                c0 = Vector256.FusedMultiplyAdd(v2, w0, c0);
                c1 = Vector256.FusedMultiplyAdd(v2, w1, c1);
                var v3 = Vector256.Create(x[stride3]);
                d0 = Vector256.FusedMultiplyAdd(v3, w0, d0);
                d1 = Vector256.FusedMultiplyAdd(v3, w1, d1);
                x++;
            }
        }

        Put(y, a0, a1);
        Put(y + yStride, b0, b1);
        Put(y + 2 * yStride, c0, c1);
        Put(y + 3 * yStride, d0, d1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<float>, Vector256<float>) Pair(float* from) => (Vector256.Load(from), Vector256.Load(from + 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* to, Vector256<float> lower, Vector256<float> upper)
    {
        lower.Store(to);
        upper.Store(to + 8);
    }
}
