using System.Diagnostics;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;
using Puzzle.Serving.Bench;
using Puzzle.Serving.Kernels;

namespace Puzzle.Serving.Costs.Roofline;

/// <summary>Measures the profile of this processor with the engine's own kernels.</summary>
public static unsafe class MachineProfiler
{
    private const int Size = 2048;
    private const int Rounds = 7;
    private const double LeastSeconds = 0.02;
    private static readonly int[] s_rows = [1, 2, 4, 8, 12, 32, 96, 512];

    /// <summary>Measures, in about ten seconds.</summary>
    /// <param name="threads">Threads of the engine.</param>
    /// <param name="memoryBytes">Memory of the machine.</param>
    public static HardwareProfile Measure(int threads, long memoryBytes)
    {
        using var team = new ThreadTeam(threads);
        var random = new Random(1);
        var weights = new float[Size * Size];
        foreach (ref var weight in weights.AsSpan())
            weight = (float)(random.NextDouble() - 0.5) / Size;
        // Together well beyond the last cache, so that each pass reads them from memory.
        var matrices = Enumerable.Range(0, (int)Math.Clamp(4 * LastLevelCache.Bytes / (Size * Size * sizeof(float)), 4, 64)).Select(_ => new PackedMatrix(weights, Size, default, WeightType.F32)).ToArray();
        try
        {
            var bandwidth = MachinePeaks.Measure(threads).BytesPerSecond;
            var products = s_rows.ToDictionary(rows => rows, rows => Best(() => Multiply(team, matrices, rows)));
            var flops = products.ToDictionary(pair => pair.Key, pair => 2.0 * Size * Size * pair.Key * matrices.Length / pair.Value);
            var bytes = (double)Size * Size * sizeof(float) * matrices.Length;
            var (peak, thin) = (flops.Values.Max(), bytes / products[1]);
            return new HardwareProfile
            {
                Name = $"{RunEnvironment.Processor()}, {threads} threads",
                Source = "measured here: the fastest float32 product of the engine, and a plain read by all threads",
                EfficiencySource = "measured here with the engine's products; attention over a prompt at half the best product and keys and values at the bandwidth of weights are assumed",
                MemoryGb = Round(memoryBytes / 1e9),
                BandwidthGbS = Round(bandwidth / 1e9),
                Peaks = [new PeakRate { Type = ServedType.F32, Tflops = Round(peak / 1e12) }],
                // Thin products wait for memory, which is counted apart: their arithmetic is as fast as the cache lets it be.
                MatrixEfficiency = [.. s_rows.Where(rows => bytes / products[rows] < 0.8 * thin || rows == s_rows[^1]).Select(rows => new EfficiencyPoint { Rows = rows, Share = Math.Min(1, Round(flops[rows] / peak)) })],
                PrefillAttentionEfficiency = 0.5,
                WeightBandwidthEfficiency = Math.Min(1, Round(thin / bandwidth)),
                CacheBandwidthEfficiency = Math.Min(1, Round(thin / bandwidth)),
                OperationUs = Round(1e6 * Best(() => Start(team))),
                StepUs = 0,
            };
        }
        finally
        {
            foreach (var matrix in matrices)
                matrix.Dispose();
        }
    }

    private static double Best(Func<double> seconds)
    {
        seconds();
        return Enumerable.Range(0, Rounds).Min(_ => seconds());
    }

    // Seconds of one time, of as many as take long enough to be timed.
    private static double Repeat(Action action)
    {
        var (times, start) = (0, Stopwatch.GetTimestamp());
        do
        {
            action();
            times++;
        }
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < LeastSeconds);
        return Stopwatch.GetElapsedTime(start).TotalSeconds / times;
    }

    private static double Multiply(ThreadTeam team, PackedMatrix[] matrices, int rows)
    {
        using var x = NativeBuffer.Zeros((long)(rows + PackedMatrix.Spare) * Size);
        using var y = NativeBuffer.Zeros((long)(rows + PackedMatrix.Spare) * Size);
        return Repeat(() => team.Run(thread =>
        {
            var tile = stackalloc float[PackedMatrix.Spare * PackedMatrix.Width];
            foreach (var matrix in matrices)
                matrix.Multiply(x.Floats, Size, rows, y.Floats, Size, ProductUse.Write, matrix.Panels * thread / team.Size, matrix.Panels * (thread + 1) / team.Size, tile);
        }, team.Size));
    }

    private static double Start(ThreadTeam team) => Repeat(() => team.Run(_ => team.Meet(), team.Size));

    // Four digits are more than repeats agree on.
    private static double Round(double value) => value == 0 ? 0 : Math.Round(value, Math.Clamp(3 - (int)Math.Floor(Math.Log10(Math.Abs(value))), 0, 9));
}
