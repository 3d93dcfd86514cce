using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Puzzle.Serving.Kernels;

/// <summary>
/// The innermost loops for 512-bit vectors: rows of x times one panel of 32 outputs, all sums kept in registers. A panel holds
/// its 32 weights of input 0, then those of input 1, and so on. Twelve rows take 24 of the 32 registers for sums.
/// </summary>
internal static unsafe class Kernel512
{
    /// <summary>y = start + x W for 1, 2, 4, 8 or 12 rows.</summary>
    /// <param name="rows">How many.</param>
    /// <param name="x">The first input of the first row.</param>
    /// <param name="xStride">Floats from row to row.</param>
    /// <param name="panel">The weights.</param>
    /// <param name="count">Inputs.</param>
    /// <param name="start">What the 32 sums of each row start from.</param>
    /// <param name="startStride">Floats from row to row; 0 where all rows start alike.</param>
    /// <param name="y">The 32 outputs of the first row.</param>
    /// <param name="yStride">Floats from row to row.</param>
    /// <param name="ahead">Memory to call up meanwhile: what is needed next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<T>(int rows, float* x, nint xStride, byte* panel, nint count, float* start, nint startStride, float* y, nint yStride, byte* ahead)
        where T : struct, IPanelType
    {
        switch (rows)
        {
            case 1: Rows1<T>(x, panel, count, start, y, ahead); break;
            case 2: Rows2<T>(x, xStride, panel, count, start, startStride, y, yStride, ahead); break;
            case 4: Rows4<T>(x, xStride, panel, count, start, startStride, y, yStride, ahead); break;
            case 8: Rows8<T>(x, xStride, panel, count, start, startStride, y, yStride, ahead); break;
            default: Rows12<T>(x, xStride, panel, count, start, startStride, y, yStride, ahead); break;
        }
    }

    // One row has two sums only: four inputs at a time, each with its own, hide the latency of the additions.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows1<T>(float* x, byte* panel, nint count, float* start, float* y, byte* ahead)
        where T : struct, IPanelType
    {
        var (a0, b0) = (Vector512.Load(start), Vector512.Load(start + 16));
        Vector512<float> a1 = default, b1 = default, a2 = default, b2 = default, a3 = default, b3 = default;
        while (count > 0)
        {
            var (s0, s1) = T.Scales(panel);
            panel += T.ScaleBytes;
            ahead = CallScales<T>(ahead);
            var left = Math.Min(count, T.Block);
            count -= left;
            for (; left >= 4; left -= 4)
            {
                Prefetch(ahead, 4 * T.Bytes);
                ahead += 4 * T.Bytes;
                var (w0, w1) = T.Load(panel, s0, s1);
                var v = Vector512.Create(x[0]);
                a0 = Vector512.FusedMultiplyAdd(v, w0, a0);
                b0 = Vector512.FusedMultiplyAdd(v, w1, b0);
                (w0, w1) = T.Load(panel + T.Bytes, s0, s1);
                v = Vector512.Create(x[1]);
                a1 = Vector512.FusedMultiplyAdd(v, w0, a1);
                b1 = Vector512.FusedMultiplyAdd(v, w1, b1);
                (w0, w1) = T.Load(panel + 2 * T.Bytes, s0, s1);
                v = Vector512.Create(x[2]);
                a2 = Vector512.FusedMultiplyAdd(v, w0, a2);
                b2 = Vector512.FusedMultiplyAdd(v, w1, b2);
                (w0, w1) = T.Load(panel + 3 * T.Bytes, s0, s1);
                v = Vector512.Create(x[3]);
                a3 = Vector512.FusedMultiplyAdd(v, w0, a3);
                b3 = Vector512.FusedMultiplyAdd(v, w1, b3);
                x += 4;
                panel += 4 * T.Bytes;
            }

            for (; left > 0; left--)
            {
                var (w0, w1) = T.Load(panel, s0, s1);
                var v = Vector512.Create(*x++);
                a0 = Vector512.FusedMultiplyAdd(v, w0, a0);
                b0 = Vector512.FusedMultiplyAdd(v, w1, b0);
                panel += T.Bytes;
            }
        }

        ((a0 + a1) + (a2 + a3)).Store(y);
        ((b0 + b1) + (b2 + b3)).Store(y + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows2<T>(float* x, nint xStride, byte* panel, nint count, float* start, nint startStride, float* y, nint yStride, byte* ahead)
        where T : struct, IPanelType
    {
        var (a0, a1) = Pair(start);
        var (b0, b1) = Pair(start + startStride);
        while (count > 0)
        {
            var (s0, s1) = T.Scales(panel);
            panel += T.ScaleBytes;
            ahead = CallScales<T>(ahead);
            var left = Math.Min(count, T.Block);
            count -= left;
            for (; left > 0; left--)
            {
                Prefetch(ahead, T.Bytes);
                ahead += T.Bytes;
                var (w0, w1) = T.Load(panel, s0, s1);
                panel += T.Bytes;
                var v0 = Vector512.Create(*x);
                a0 = Vector512.FusedMultiplyAdd(v0, w0, a0);
                a1 = Vector512.FusedMultiplyAdd(v0, w1, a1);
                var v1 = Vector512.Create(x[xStride]);
                b0 = Vector512.FusedMultiplyAdd(v1, w0, b0);
                b1 = Vector512.FusedMultiplyAdd(v1, w1, b1);
                x++;
            }
        }

        Put(y, a0, a1);
        Put(y + yStride, b0, b1);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows4<T>(float* x, nint xStride, byte* panel, nint count, float* start, nint startStride, float* y, nint yStride, byte* ahead)
        where T : struct, IPanelType
    {
        var (stride2, stride3) = (2 * xStride, 3 * xStride);
        var (a0, a1) = Pair(start);
        var (b0, b1) = Pair(start + startStride);
        var (c0, c1) = Pair(start + 2 * startStride);
        var (d0, d1) = Pair(start + 3 * startStride);
        while (count > 0)
        {
            var (s0, s1) = T.Scales(panel);
            panel += T.ScaleBytes;
            ahead = CallScales<T>(ahead);
            var left = Math.Min(count, T.Block);
            count -= left;
            for (; left > 0; left--)
            {
                Prefetch(ahead, T.Bytes);
                ahead += T.Bytes;
                var (w0, w1) = T.Load(panel, s0, s1);
                panel += T.Bytes;
                var v0 = Vector512.Create(*x);
                a0 = Vector512.FusedMultiplyAdd(v0, w0, a0);
                a1 = Vector512.FusedMultiplyAdd(v0, w1, a1);
                var v1 = Vector512.Create(x[xStride]);
                b0 = Vector512.FusedMultiplyAdd(v1, w0, b0);
                b1 = Vector512.FusedMultiplyAdd(v1, w1, b1);
                var v2 = Vector512.Create(x[stride2]);
                c0 = Vector512.FusedMultiplyAdd(v2, w0, c0);
                c1 = Vector512.FusedMultiplyAdd(v2, w1, c1);
                var v3 = Vector512.Create(x[stride3]);
                d0 = Vector512.FusedMultiplyAdd(v3, w0, d0);
                d1 = Vector512.FusedMultiplyAdd(v3, w1, d1);
                x++;
            }
        }

        Put(y, a0, a1);
        Put(y + yStride, b0, b1);
        Put(y + 2 * yStride, c0, c1);
        Put(y + 3 * yStride, d0, d1);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows8<T>(float* x, nint xStride, byte* panel, nint count, float* start, nint startStride, float* y, nint yStride, byte* ahead)
        where T : struct, IPanelType
    {
        var x4 = x + 4 * xStride;
        var (stride2, stride3) = (2 * xStride, 3 * xStride);
        var (a0, a1) = Pair(start);
        var (b0, b1) = Pair(start + startStride);
        var (c0, c1) = Pair(start + 2 * startStride);
        var (d0, d1) = Pair(start + 3 * startStride);
        var (e0, e1) = Pair(start + 4 * startStride);
        var (f0, f1) = Pair(start + 5 * startStride);
        var (g0, g1) = Pair(start + 6 * startStride);
        var (h0, h1) = Pair(start + 7 * startStride);
        while (count > 0)
        {
            var (s0, s1) = T.Scales(panel);
            panel += T.ScaleBytes;
            ahead = CallScales<T>(ahead);
            var left = Math.Min(count, T.Block);
            count -= left;
            for (; left > 0; left--)
            {
                Prefetch(ahead, T.Bytes);
                ahead += T.Bytes;
                var (w0, w1) = T.Load(panel, s0, s1);
                panel += T.Bytes;
                var v0 = Vector512.Create(*x);
                a0 = Vector512.FusedMultiplyAdd(v0, w0, a0);
                a1 = Vector512.FusedMultiplyAdd(v0, w1, a1);
                var v1 = Vector512.Create(x[xStride]);
                b0 = Vector512.FusedMultiplyAdd(v1, w0, b0);
                b1 = Vector512.FusedMultiplyAdd(v1, w1, b1);
                var v2 = Vector512.Create(x[stride2]);
                c0 = Vector512.FusedMultiplyAdd(v2, w0, c0);
                c1 = Vector512.FusedMultiplyAdd(v2, w1, c1);
                var v3 = Vector512.Create(x[stride3]);
                d0 = Vector512.FusedMultiplyAdd(v3, w0, d0);
                d1 = Vector512.FusedMultiplyAdd(v3, w1, d1);
                var v4 = Vector512.Create(*x4);
                e0 = Vector512.FusedMultiplyAdd(v4, w0, e0);
                e1 = Vector512.FusedMultiplyAdd(v4, w1, e1);
                var v5 = Vector512.Create(x4[xStride]);
                f0 = Vector512.FusedMultiplyAdd(v5, w0, f0);
                f1 = Vector512.FusedMultiplyAdd(v5, w1, f1);
                var v6 = Vector512.Create(x4[stride2]);
                g0 = Vector512.FusedMultiplyAdd(v6, w0, g0);
                g1 = Vector512.FusedMultiplyAdd(v6, w1, g1);
                var v7 = Vector512.Create(x4[stride3]);
                h0 = Vector512.FusedMultiplyAdd(v7, w0, h0);
                h1 = Vector512.FusedMultiplyAdd(v7, w1, h1);
                x++;
                x4++;
            }
        }

        Put(y, a0, a1);
        Put(y + yStride, b0, b1);
        Put(y + 2 * yStride, c0, c1);
        Put(y + 3 * yStride, d0, d1);
        Put(y + 4 * yStride, e0, e1);
        Put(y + 5 * yStride, f0, f1);
        Put(y + 6 * yStride, g0, g1);
        Put(y + 7 * yStride, h0, h1);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows12<T>(float* x, nint xStride, byte* panel, nint count, float* start, nint startStride, float* y, nint yStride, byte* ahead)
        where T : struct, IPanelType
    {
        var x4 = x + 4 * xStride;
        var x8 = x + 8 * xStride;
        var (stride2, stride3) = (2 * xStride, 3 * xStride);
        var (a0, a1) = Pair(start);
        var (b0, b1) = Pair(start + startStride);
        var (c0, c1) = Pair(start + 2 * startStride);
        var (d0, d1) = Pair(start + 3 * startStride);
        var (e0, e1) = Pair(start + 4 * startStride);
        var (f0, f1) = Pair(start + 5 * startStride);
        var (g0, g1) = Pair(start + 6 * startStride);
        var (h0, h1) = Pair(start + 7 * startStride);
        var (i0, i1) = Pair(start + 8 * startStride);
        var (j0, j1) = Pair(start + 9 * startStride);
        var (k0, k1) = Pair(start + 10 * startStride);
        var (l0, l1) = Pair(start + 11 * startStride);
        while (count > 0)
        {
            var (s0, s1) = T.Scales(panel);
            panel += T.ScaleBytes;
            ahead = CallScales<T>(ahead);
            var left = Math.Min(count, T.Block);
            count -= left;
            for (; left > 0; left--)
            {
                Prefetch(ahead, T.Bytes);
                ahead += T.Bytes;
                var (w0, w1) = T.Load(panel, s0, s1);
                panel += T.Bytes;
                var v0 = Vector512.Create(*x);
                a0 = Vector512.FusedMultiplyAdd(v0, w0, a0);
                a1 = Vector512.FusedMultiplyAdd(v0, w1, a1);
                var v1 = Vector512.Create(x[xStride]);
                b0 = Vector512.FusedMultiplyAdd(v1, w0, b0);
                b1 = Vector512.FusedMultiplyAdd(v1, w1, b1);
                var v2 = Vector512.Create(x[stride2]);
                c0 = Vector512.FusedMultiplyAdd(v2, w0, c0);
                c1 = Vector512.FusedMultiplyAdd(v2, w1, c1);
                var v3 = Vector512.Create(x[stride3]);
                d0 = Vector512.FusedMultiplyAdd(v3, w0, d0);
                d1 = Vector512.FusedMultiplyAdd(v3, w1, d1);
                var v4 = Vector512.Create(*x4);
                e0 = Vector512.FusedMultiplyAdd(v4, w0, e0);
                e1 = Vector512.FusedMultiplyAdd(v4, w1, e1);
                var v5 = Vector512.Create(x4[xStride]);
                f0 = Vector512.FusedMultiplyAdd(v5, w0, f0);
                f1 = Vector512.FusedMultiplyAdd(v5, w1, f1);
                var v6 = Vector512.Create(x4[stride2]);
                g0 = Vector512.FusedMultiplyAdd(v6, w0, g0);
                g1 = Vector512.FusedMultiplyAdd(v6, w1, g1);
                var v7 = Vector512.Create(x4[stride3]);
                h0 = Vector512.FusedMultiplyAdd(v7, w0, h0);
                h1 = Vector512.FusedMultiplyAdd(v7, w1, h1);
                var v8 = Vector512.Create(*x8);
                i0 = Vector512.FusedMultiplyAdd(v8, w0, i0);
                i1 = Vector512.FusedMultiplyAdd(v8, w1, i1);
                var v9 = Vector512.Create(x8[xStride]);
                j0 = Vector512.FusedMultiplyAdd(v9, w0, j0);
                j1 = Vector512.FusedMultiplyAdd(v9, w1, j1);
                var v10 = Vector512.Create(x8[stride2]);
                k0 = Vector512.FusedMultiplyAdd(v10, w0, k0);
                k1 = Vector512.FusedMultiplyAdd(v10, w1, k1);
                var v11 = Vector512.Create(x8[stride3]);
                l0 = Vector512.FusedMultiplyAdd(v11, w0, l0);
                l1 = Vector512.FusedMultiplyAdd(v11, w1, l1);
                x++;
                x4++;
                x8++;
            }
        }

        Put(y, a0, a1);
        Put(y + yStride, b0, b1);
        Put(y + 2 * yStride, c0, c1);
        Put(y + 3 * yStride, d0, d1);
        Put(y + 4 * yStride, e0, e1);
        Put(y + 5 * yStride, f0, f1);
        Put(y + 6 * yStride, g0, g1);
        Put(y + 7 * yStride, h0, h1);
        Put(y + 8 * yStride, i0, i1);
        Put(y + 9 * yStride, j0, j1);
        Put(y + 10 * yStride, k0, k1);
        Put(y + 11 * yStride, l0, l1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<float>, Vector512<float>) Pair(float* from) => (Vector512.Load(from), Vector512.Load(from + 16));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* to, Vector512<float> lower, Vector512<float> upper)
    {
        lower.Store(to);
        upper.Store(to + 16);
    }

    // The scales of a block that comes later.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* CallScales<T>(byte* ahead)
        where T : struct, IPanelType
    {
        if (T.ScaleBytes > 0)
            Prefetch(ahead, T.ScaleBytes);
        return ahead + T.ScaleBytes;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(byte* ahead, int bytes)
    {
        if (!Sse.IsSupported)
            return;
        Sse.Prefetch1(ahead);
        if (bytes > 64)
            Sse.Prefetch1(ahead + 64);
        if (bytes <= 128)
            return;
        Sse.Prefetch1(ahead + 128);
        Sse.Prefetch1(ahead + 192);
        if (bytes <= 256)
            return;
        Sse.Prefetch1(ahead + 256);
        Sse.Prefetch1(ahead + 320);
        Sse.Prefetch1(ahead + 384);
        Sse.Prefetch1(ahead + 448);
    }
}
