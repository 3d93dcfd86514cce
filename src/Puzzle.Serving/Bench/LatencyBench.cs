using System.Diagnostics;
using Puzzle.Core.Errors;
using Puzzle.Core.Telemetry;
using Puzzle.Core.Text;
using Puzzle.Serving.Engine;

namespace Puzzle.Serving.Bench;

/// <summary>Seconds from a batch of prompts to its last token, as vLLM's <c>bench latency</c> defines them: temperature 1, ends of texts ignored.</summary>
/// <param name="Latencies">Of each run that counts.</param>
/// <param name="Run">What its passes did.</param>
public sealed record LatencyBench(IReadOnlyList<double> Latencies, BenchRun Run)
{
    private static readonly int[] s_percentages = [10, 25, 50, 75, 90, 99];

    public double AvgLatency => Latencies.Average();

    /// <summary>Of the population, as numpy's.</summary>
    public double StdLatency => Math.Sqrt(Latencies.Average(latency => (latency - AvgLatency) * (latency - AvgLatency)));

    /// <summary>10, 25, 50, 75, 90 and 99 %, between two runs in a straight line.</summary>
    public IReadOnlyDictionary<string, double> Percentiles => s_percentages.ToDictionary(percentage => $"{percentage}", Percentile);

    /// <summary>Measures.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokenizer">Turns ids into text while the time runs; null: no text is made.</param>
    /// <param name="settings">Sizes and repeats.</param>
    /// <param name="options">Threads and chunks.</param>
    /// <param name="done">Told of every finished run: warm-up or not, how many of these are done.</param>
    /// <param name="cancellation">Stops between passes.</param>
    /// <exception cref="RecipeException">A setting that means nothing.</exception>
    public static LatencyBench Measure(CpuModel model, ITokenizer? tokenizer, LatencySettings settings, EngineOptions options, Action<bool, int>? done = null, CancellationToken cancellation = default)
    {
        BenchChecks.AtLeast("input-len", settings.InputLen, 1);
        BenchChecks.AtLeast("output-len", settings.OutputLen, 1);
        BenchChecks.AtLeast("batch-size", settings.BatchSize, 1);
        BenchChecks.AtLeast("num-iters-warmup", settings.NumItersWarmup, 0);
        BenchChecks.AtLeast("num-iters", settings.NumIters, 1);
        BenchChecks.Fits(model.Config, settings.InputLen, settings.OutputLen);
        var random = new Random(settings.Seed);
        GenerateRequest[] requests = [.. Enumerable.Range(0, settings.BatchSize).Select(i => BenchChecks.Request(random, model.Config, settings.InputLen, settings.OutputLen, settings.Seed + i))];
        using var decoder = new CountedDecoder(model, new CpuDecoder(model, settings.BatchSize, settings.InputLen + settings.OutputLen, options));
        var engine = new InferenceEngine(decoder, tokenizer);
        for (var run = 0; run < settings.NumItersWarmup; run++)
        {
            engine.Run(requests, cancellation: cancellation);
            done?.Invoke(true, run + 1);
        }

        decoder.Reset();
        ProcessMemory.ResetPeak();
        var latencies = new double[settings.NumIters];
        for (var run = 0; run < settings.NumIters; run++)
        {
            var start = Stopwatch.GetTimestamp();
            engine.Run(requests, cancellation: cancellation);
            latencies[run] = Stopwatch.GetElapsedTime(start).TotalSeconds;
            done?.Invoke(false, run + 1);
        }

        var peak = ProcessMemory.Peak;
        return new(latencies, new(decoder.Prefill, decoder.Decode, decoder.Memory, peak, MachinePeaks.Measure(options.Threads ?? Environment.ProcessorCount)));
    }

    private double Percentile(int percentage)
    {
        var sorted = Latencies.Order().ToArray();
        var place = percentage / 100.0 * (sorted.Length - 1);
        var below = (int)place;
        return below + 1 < sorted.Length ? sorted[below] + ((place - below) * (sorted[below + 1] - sorted[below])) : sorted[^1];
    }
}
