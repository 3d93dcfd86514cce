using System.Text.Json.Nodes;

namespace Puzzle.Cli.Tests;

public sealed class BenchVerbTests : IDisposable
{
    private readonly TinyParent _parent = new();

    public void Dispose() => _parent.Dispose();

    [Fact]
    public void LatencyHasTheFieldsOfVllm()
    {
        var file = _parent.PathOf("latency.json");
        var run = Run("latency", "--batch-size", "2", "--input-len", "8", "--output-len", "4", "--num-iters-warmup", "1", "--num-iters", "3", "--threads", "1", "--output-json", file, "--json");
        Assert.Equal(0, run.ExitCode);
        var latencies = run.Json["latencies"]!.AsArray().Select(value => value!.GetValue<double>()).ToArray();
        Assert.Equal(3, latencies.Length);
        Assert.Equal(latencies.Average(), run.Json["avg_latency"]!.GetValue<double>(), 1e-12);
        Assert.Equal(latencies.Order().ElementAt(1), run.Json["percentiles"]!["50"]!.GetValue<double>(), 1e-12);
        Assert.NotNull(run.Json["std_latency"]);
        Assert.Contains("Avg latency:", run.Error, StringComparison.Ordinal);
        Assert.Contains("99% percentile latency:", run.Error, StringComparison.Ordinal);
        foreach (var name in new[] { "mbu_percent", "mfu_percent", "peak_memory_mib" })
            Assert.True(run.Json[name]!.GetValue<double>() > 0);
        Assert.Equal("f32", (string?)run.Json["weights"]);
        Assert.NotNull(run.Json["environment"]!["libtorch"]);
        Assert.Equal(run.Json["avg_latency"]!.GetValue<double>(), JsonNode.Parse(File.ReadAllText(file))!["avg_latency"]!.GetValue<double>());
    }

    [Fact]
    public void ThroughputHasTheFieldsOfVllm()
    {
        var run = Run("throughput", "--num-prompts", "6", "--max-num-seqs", "4", "--input-len", "8", "--output-len", "4", "--threads", "1", "--weights", "bf16", "--json");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal((6, 6 * 12), ((int)run.Json["num_requests"]!, (int)run.Json["total_num_tokens"]!));
        Assert.Equal(6, run.Json["requests_per_second"]!.GetValue<double>() * run.Json["elapsed_time"]!.GetValue<double>(), 1e-6);
        Assert.Equal(6 * 12, run.Json["tokens_per_second"]!.GetValue<double>() * run.Json["elapsed_time"]!.GetValue<double>(), 1e-6);
        Assert.Contains("Throughput:", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, "batch-size is 0; expected 1 or more", "latency", "--batch-size", "0")]
    [InlineData(2, "more than the 2048 that the model was made for", "throughput", "--input-len", "4000")]
    public void WhatIsWrongIsTold(int code, string message, string word, params string[] options)
    {
        var run = Run(word, options);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Equal(code, run.ExitCode);
    }

    private Tool Run(string word, params string[] options) => Tool.Run(["bench", word, _parent.PathOf("parent"), .. options]);
}
