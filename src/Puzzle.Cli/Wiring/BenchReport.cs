using System.Globalization;
using System.Text.Json.Nodes;
using Puzzle.Core.Runs;
using Puzzle.Core.Text;
using Puzzle.Serving.Bench;
using Puzzle.Serving.Engine;

namespace Puzzle.Cli.Wiring;

/// <summary>Runs a benchmark of a served model and tells of it: lines for people, vLLM's fields and more as JSON.</summary>
internal sealed class BenchReport(Session session, ServedModel served, EngineOptions options, string? file)
{
    private const double Mib = 1048576;

    private readonly TextWriter _writer = session.Json ? session.Error : session.Output;

    public int Latency(ITokenizer? tokenizer, LatencySettings settings)
    {
        session.Progress.BeginStage("bench", "latency");
        session.Progress.Count(settings.NumItersWarmup + settings.NumIters, "runs");
        var result = LatencyBench.Measure(served.Packed, tokenizer, settings, options, (isWarmup, done) => session.Progress.Advance(isWarmup ? done : settings.NumItersWarmup + done), session.Cancellation);
        var rate = settings.BatchSize * settings.OutputLen / result.AvgLatency;
        var document = new JsonObject
        {
            ["avg_latency"] = result.AvgLatency,
            ["std_latency"] = result.StdLatency,
            ["latencies"] = new JsonArray([.. result.Latencies.Select(latency => (JsonNode)latency)]),
            ["percentiles"] = new JsonObject(result.Percentiles.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))),
            ["batch_size"] = settings.BatchSize,
            ["input_len"] = settings.InputLen,
            ["output_len"] = settings.OutputLen,
            ["output_tokens_per_second"] = rate,
        };
        session.CloseScreen();
        Line($"Avg latency: {result.AvgLatency} seconds");
        Line($"Std latency: {result.StdLatency} seconds");
        foreach (var (percentage, latency) in result.Percentiles)
            Line($"{percentage}% percentile latency: {latency} seconds");
        Line($"Output tokens a second: {rate:0.0}");
        return Finish(document, result.Run, result.Latencies.Sum());
    }

    public int Throughput(ITokenizer? tokenizer, ThroughputSettings settings)
    {
        session.Progress.BeginStage("bench", "throughput");
        session.Progress.Count((long)settings.NumPrompts * settings.OutputLen, "tokens");
        var result = ThroughputBench.Measure(served.Packed, tokenizer, settings, options, tokens => session.Progress.Advance(tokens), session.Cancellation);
        var document = new JsonObject
        {
            ["elapsed_time"] = result.ElapsedTime,
            ["num_requests"] = result.NumRequests,
            ["total_num_tokens"] = result.TotalNumTokens,
            ["requests_per_second"] = result.RequestsPerSecond,
            ["tokens_per_second"] = result.TokensPerSecond,
            ["output_tokens_per_second"] = result.OutputTokensPerSecond,
            ["input_len"] = settings.InputLen,
            ["output_len"] = settings.OutputLen,
            ["max_num_seqs"] = settings.MaxNumSeqs,
        };
        session.CloseScreen();
        Line($"Throughput: {result.RequestsPerSecond:0.00} requests/s, {result.TokensPerSecond:0.00} total tokens/s, {result.OutputTokensPerSecond:0.00} output tokens/s");
        Line($"Total num prompt tokens:  {result.PromptTokens}");
        Line($"Total num output tokens:  {result.OutputTokens}");
        return Finish(document, result.Run, result.ElapsedTime);
    }

    // Over the whole time, drawing tokens and making text included; and of the passes of each kind alone.
    private int Finish(JsonObject document, BenchRun run, double seconds)
    {
        var peaks = run.Peaks;
        var (mbu, mfu) = (run.All.MbuPercent(peaks, seconds), run.All.MfuPercent(peaks, seconds));
        Line($"Used of the machine: {mbu:0.0} % of its memory bandwidth ({peaks.BytesPerSecond / 1e9:0.0} GB/s), {mfu:0.0} % of its float32 peak ({peaks.OperationsPerSecond / 1e9:0} Gflop/s)");
        Line($"  prefill {run.Prefill.MbuPercent(peaks):0.0} %, {run.Prefill.MfuPercent(peaks):0.0} %; decode {run.Decode.MbuPercent(peaks):0.0} %, {run.Decode.MfuPercent(peaks):0.0} %");
        Line($"Memory: {run.PeakBytes / Mib:0} MiB at most; weights {run.Memory.Weights / Mib:0}, cache {run.Memory.Cache / Mib:0}, workspace {run.Memory.Workspace / Mib:0} MiB");
        document["mbu_percent"] = mbu;
        document["mfu_percent"] = mfu;
        document["prefill"] = Phase(run.Prefill, peaks);
        document["decode"] = Phase(run.Decode, peaks);
        document["peak_memory_mib"] = run.PeakBytes / Mib;
        document["engine_memory_mib"] = new JsonObject { ["weights"] = run.Memory.Weights / Mib, ["cache"] = run.Memory.Cache / Mib, ["workspace"] = run.Memory.Workspace / Mib };
        document["machine_peaks"] = new JsonObject { ["gigabytes_per_second"] = peaks.BytesPerSecond / 1e9, ["gigaflops_per_second"] = peaks.OperationsPerSecond / 1e9 };
        document["model"] = served.Path;
        document["engine"] = "torch";
        document["weights"] = served.Packed.Type.ToString().ToLowerInvariant();
        document["threads"] = options.Threads ?? Environment.ProcessorCount;
        document["environment"] = new JsonObject(RunEnvironment.Describe().Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));
        if (file is not null)
            AtomicFile.WriteJson(file, document);
        document.Insert(0, "status", "ok");
        return session.Done(document);
    }

    private static JsonObject Phase(PassTotals totals, MachinePeaks peaks) => new()
    {
        ["passes"] = totals.Passes,
        ["tokens"] = totals.Tokens,
        ["seconds"] = totals.Seconds,
        ["mbu_percent"] = totals.MbuPercent(peaks),
        ["mfu_percent"] = totals.MfuPercent(peaks),
    };

    private void Line(FormattableString text) => _writer.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
