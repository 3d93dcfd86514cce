using System.Diagnostics;
using Puzzle.Core.Errors;
using Puzzle.Core.Telemetry;
using Puzzle.Core.Text;
using Puzzle.Serving.Engine;

namespace Puzzle.Serving.Bench;

/// <summary>Requests and tokens a second with all requests given at once, as vLLM's <c>bench throughput</c> defines them.</summary>
/// <param name="ElapsedTime">Seconds from the first pass to the last token.</param>
/// <param name="NumRequests">Requests.</param>
/// <param name="PromptTokens">Of all requests.</param>
/// <param name="OutputTokens">Of all requests.</param>
/// <param name="Run">What its passes did.</param>
public sealed record ThroughputBench(double ElapsedTime, int NumRequests, long PromptTokens, long OutputTokens, BenchRun Run)
{
    /// <summary>Prompts and new tokens.</summary>
    public long TotalNumTokens => PromptTokens + OutputTokens;

    public double RequestsPerSecond => NumRequests / ElapsedTime;

    /// <summary>Prompts and new tokens a second.</summary>
    public double TokensPerSecond => TotalNumTokens / ElapsedTime;

    /// <summary>New tokens a second.</summary>
    public double OutputTokensPerSecond => OutputTokens / ElapsedTime;

    /// <summary>Measures, after one short request that does not count.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokenizer">Turns ids into text while the time runs; null: no text is made.</param>
    /// <param name="settings">Sizes.</param>
    /// <param name="options">Threads and chunks.</param>
    /// <param name="done">Told of new tokens: how many there are.</param>
    /// <param name="cancellation">Stops between passes.</param>
    /// <exception cref="RecipeException">A setting that means nothing.</exception>
    public static ThroughputBench Measure(CpuModel model, ITokenizer? tokenizer, ThroughputSettings settings, EngineOptions options, Action<long>? done = null, CancellationToken cancellation = default)
    {
        BenchChecks.AtLeast("input-len", settings.InputLen, 1);
        BenchChecks.AtLeast("output-len", settings.OutputLen, 1);
        BenchChecks.AtLeast("num-prompts", settings.NumPrompts, 1);
        BenchChecks.AtLeast("max-num-seqs", settings.MaxNumSeqs, 1);
        if (settings.RandomRangeRatio is not (>= 0 and < 1))
            throw new RecipeException($"random-range-ratio is {settings.RandomRangeRatio}; expected from 0 to below 1");
        var random = new Random(settings.Seed);
        int Length(int length) => random.Next(Math.Max(1, (int)(length * (1 - settings.RandomRangeRatio))), (int)(length * (1 + settings.RandomRangeRatio)) + 1);
        GenerateRequest[] requests = [.. Enumerable.Range(0, settings.NumPrompts).Select(i => BenchChecks.Request(random, model.Config, Length(settings.InputLen), Length(settings.OutputLen), settings.Seed + i))];
        BenchChecks.Fits(model.Config, requests.Max(request => request.Prompt.Count), requests.Max(request => request.MaxTokens));
        using var decoder = new CountedDecoder(model, new CpuDecoder(model, Math.Min(settings.MaxNumSeqs, requests.Length), requests.Max(request => request.Prompt.Count + request.MaxTokens), options));
        var engine = new InferenceEngine(decoder, tokenizer);
        engine.Run([requests[0] with { MaxTokens = Math.Min(8, settings.OutputLen) }], cancellation: cancellation);
        decoder.Reset();
        ProcessMemory.ResetPeak();
        long tokens = 0;
        var start = Stopwatch.GetTimestamp();
        var results = engine.Run(requests, (_, _) => done?.Invoke(++tokens), cancellation: cancellation);
        var elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var peak = ProcessMemory.Peak;
        return new(elapsed, requests.Length, requests.Sum(request => (long)request.Prompt.Count), results.Sum(result => (long)result.Ids.Count),
            new(decoder.Prefill, decoder.Decode, decoder.Memory, peak, MachinePeaks.Measure(options.Threads ?? Environment.ProcessorCount)));
    }
}
