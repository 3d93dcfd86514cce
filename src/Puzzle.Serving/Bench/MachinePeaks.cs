using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Puzzle.Serving.Costs;
using Puzzle.Serving.Kernels;

namespace Puzzle.Serving.Bench;

/// <summary>What this machine can do at most with so many threads, measured now.</summary>
/// <param name="BytesPerSecond">Reading memory that is in no cache, nothing else.</param>
/// <param name="OperationsPerSecond">Float32 multiplications and additions in registers, nothing else.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct MachinePeaks(double BytesPerSecond, double OperationsPerSecond)
{
    private const int Repeats = 5;
    private const int Rounds = 2_000_000;
    private const int Sums = 16;

    /// <summary>Measures, in about half a second; the best of a few repeats counts.</summary>
    /// <param name="threads">As many as the engine uses.</param>
    public static MachinePeaks Measure(int threads)
    {
        using var team = new ThreadTeam(threads);
        return new(Best(() => Read(team)), Best(() => Compute(team)));
    }

    private static double Best(Func<double> rate) => Enumerable.Range(0, Repeats).Max(_ => rate());

    private static unsafe double Read(ThreadTeam team)
    {
        var bytes = Math.Max(4 * LastLevelCache.Bytes, 128L << 20);
        using var buffer = NativeBuffer.Zeros(bytes / sizeof(float));
        var share = bytes / team.Size / 256 * 256;
        var start = Stopwatch.GetTimestamp();
        for (var pass = 0; pass < 2; pass++)
            team.Run(thread => Sum(buffer.Pointer + thread * share, share), team.Size);
        return 2.0 * share * team.Size / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static double Compute(ThreadTeam team)
    {
        var start = Stopwatch.GetTimestamp();
        team.Run(_ => Multiply(), team.Size);
        return 2.0 * Vector512<float>.Count * Sums * Rounds * team.Size / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static unsafe float Sum(byte* from, long bytes)
    {
        Vector512<float> a = default, b = default, c = default, d = default;
        for (var end = from + bytes; from < end; from += 256)
        {
            a += Vector512.Load((float*)from);
            b += Vector512.Load((float*)(from + 64));
            c += Vector512.Load((float*)(from + 128));
            d += Vector512.Load((float*)(from + 192));
        }

        return Vector512.Sum((a + b) + (c + d));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float Multiply()
    {
        // Sixteen sums of their own: more than the latency of an addition takes.
        var x = Vector512.Create(0.999f);
        Vector512<float> a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x, m = x, n = x, o = x, p = x;
        for (var round = 0; round < Rounds; round++)
        {
            a = Vector512.FusedMultiplyAdd(a, x, x);
            b = Vector512.FusedMultiplyAdd(b, x, x);
            c = Vector512.FusedMultiplyAdd(c, x, x);
            d = Vector512.FusedMultiplyAdd(d, x, x);
            e = Vector512.FusedMultiplyAdd(e, x, x);
            f = Vector512.FusedMultiplyAdd(f, x, x);
            g = Vector512.FusedMultiplyAdd(g, x, x);
            h = Vector512.FusedMultiplyAdd(h, x, x);
            i = Vector512.FusedMultiplyAdd(i, x, x);
            j = Vector512.FusedMultiplyAdd(j, x, x);
            k = Vector512.FusedMultiplyAdd(k, x, x);
            l = Vector512.FusedMultiplyAdd(l, x, x);
            m = Vector512.FusedMultiplyAdd(m, x, x);
            n = Vector512.FusedMultiplyAdd(n, x, x);
            o = Vector512.FusedMultiplyAdd(o, x, x);
            p = Vector512.FusedMultiplyAdd(p, x, x);
        }

        return Vector512.Sum(a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p);
    }
}
