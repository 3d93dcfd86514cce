using Puzzle.Core.Errors;
using Puzzle.Core.Variants;
using Puzzle.Serving.Bench;
using Puzzle.Serving.Engine;

namespace Puzzle.Serving.Tests.Bench;

public class BenchTests
{
    [Fact]
    public void TheWorkOfAPassIsItsClosedForm()
    {
        // Three layers of hidden 32: q, o 32 x 32, k, v 16 x 32, gate, up, down 64 x 32; vocabulary 96; 8 heads of 4.
        using var model = TinyModel.Create(TinyModel.Config());
        using var packed = CpuModel.Of(model);
        const double matrices = 3.0 * ((2 * 32 * 32) + (2 * 16 * 32) + (3 * 64 * 32));
        var step = PassWork.Of(packed, [(9, 1), (4, 1)], wanted: 2);
        Assert.Equal((2 * 2 * (matrices + (96 * 32))) + (3 * 4.0 * 32 * (10 + 5)), step.Operations);
        // Biases are kept as zeros beside the weights: a few numbers more.
        Assert.InRange(step.Bytes - (3 * 2 * 4 * 16.0 * (10 + 5)), 4 * (matrices + (96 * 32)), 4.3 * (matrices + (96 * 32)));
        var prompt = PassWork.Of(packed, [(0, 6)], wanted: 0);
        Assert.Equal((2 * 6 * matrices) + (3 * 4.0 * 32 * (1 + 2 + 3 + 4 + 5 + 6)), prompt.Operations);
    }

    [Fact]
    public void AWindowIsAllThatAPassLooksAt()
    {
        using var model = TinyModel.Create(TinyModel.Config(new LayerSpec(new GroupedQuerySpec(4, 8, 2), new NoOpFeedForwardSpec())));
        using var packed = CpuModel.Of(model);
        double Seen(int before) => (PassWork.Of(packed, [(before, 1)], 0).Operations - (2 * ((2 * 32 * 32) + (2 * 16 * 32)))) / (4 * 32);
        Assert.Equal([1, 8, 9, 10, 10], new[] { 0, 7, 8, 9, 100 }.Select(Seen));
    }

    [Fact]
    public void PercentilesAreThoseOfNumpy()
    {
        var result = new LatencyBench([4, 1, 3, 2], new BenchRun(new(), new(), default, 0, default));
        Assert.Equal(2.5, result.AvgLatency);
        Assert.Equal(Math.Sqrt(1.25), result.StdLatency, 1e-12);
        Assert.Equal(["10", "25", "50", "75", "90", "99"], result.Percentiles.Keys);
        foreach (var (expected, found) in new[] { 1.3, 1.75, 2.5, 3.25, 3.7, 3.97 }.Zip(result.Percentiles.Values))
            Assert.Equal(expected, found, 1e-12);
    }

    [Fact]
    public void EveryPassOfARunIsCounted()
    {
        using var model = TinyModel.Create(TinyModel.Config());
        using var packed = CpuModel.Of(model);
        var latency = LatencyBench.Measure(packed, null, new() { InputLen = 10, OutputLen = 6, BatchSize = 3, NumItersWarmup = 1, NumIters = 4 }, new() { Threads = 1, ChunkTokens = 20 });
        Assert.Equal(4, latency.Latencies.Count);
        // 30 tokens in chunks of 20; the sequence whose prompt came first goes on beside the rest, and is a step ahead.
        Assert.Equal((4 * 2, 4 * 5), (latency.Run.Prefill.Passes, latency.Run.Decode.Passes));
        Assert.Equal(4 * 3 * (10 + 6 - 1), latency.Run.All.Tokens);
        Assert.True(latency.Run.All.Seconds <= latency.Latencies.Sum());
        Assert.Equal(latency.Run.Memory.Total, new CpuDecoderMemory(packed, 3, 16, 20).Total);

        var throughput = ThroughputBench.Measure(packed, null, new() { InputLen = 8, OutputLen = 5, NumPrompts = 7, MaxNumSeqs = 2, RandomRangeRatio = 0.5, Seed = 3 }, new() { Threads = 1 });
        Assert.Equal(7, throughput.NumRequests);
        Assert.Equal(throughput.TotalNumTokens - 7, throughput.Run.All.Tokens);
        Assert.InRange(throughput.OutputTokens, 7 * 2, 7 * 7);
        Assert.Equal(7, throughput.RequestsPerSecond * throughput.ElapsedTime, 1e-9);
    }

    [Fact]
    public void PeaksAreOfThisWorld()
    {
        var peaks = MachinePeaks.Measure(1);
        Assert.InRange(peaks.BytesPerSecond, 1e8, 1e13);
        Assert.InRange(peaks.OperationsPerSecond, 1e8, 1e13);
    }

    [Fact]
    public void NonsenseIsNamed()
    {
        using var model = TinyModel.Create(TinyModel.Config());
        using var packed = CpuModel.Of(model);
        string Latency(LatencySettings settings) => Assert.Throws<RecipeException>(() => LatencyBench.Measure(packed, null, settings, new() { Threads = 1 })).Message;
        string Throughput(ThroughputSettings settings) => Assert.Throws<RecipeException>(() => ThroughputBench.Measure(packed, null, settings, new() { Threads = 1 })).Message;
        Assert.Contains("batch-size is 0; expected 1 or more", Latency(new() { BatchSize = 0 }));
        Assert.Contains("num-iters is 0", Latency(new() { NumIters = 0 }));
        Assert.Contains("more than the 2048 that the model was made for", Latency(new() { InputLen = 2000 }));
        Assert.Contains("random-range-ratio is 1", Throughput(new() { RandomRangeRatio = 1 }));
        Assert.Contains("num-prompts is -1", Throughput(new() { NumPrompts = -1 }));
    }

    private sealed record CpuDecoderMemory(long Total)
    {
        public CpuDecoderMemory(CpuModel model, int slots, int capacity, int chunk)
            : this(Measure(model, slots, capacity, chunk))
        {
        }

        private static long Measure(CpuModel model, int slots, int capacity, int chunk)
        {
            using var decoder = new CpuDecoder(model, slots, capacity, new() { Threads = 1, ChunkTokens = chunk });
            return decoder.Memory.Total;
        }
    }
}
