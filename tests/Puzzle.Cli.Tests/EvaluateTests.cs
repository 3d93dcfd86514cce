using System.Text.Json.Nodes;

namespace Puzzle.Cli.Tests;

public sealed class EvaluateTests : IDisposable
{
    private readonly TinyParent _parent = new();

    public void Dispose() => _parent.Dispose();

    [Fact]
    public void AModelBesideItselfKeepsAllOfItself()
    {
        var output = _parent.PathOf("results");
        var run = Tool.Run(
            "evaluate", _parent.PathOf("parent"), "--parent", _parent.PathOf("parent"), "--tasks", _parent.PathOf("questions.jsonl"), "--limit", "12",
            "--batch_size", "4", "--text", _parent.PathOf("held-out.txt"), "--tokens", "512", "--window", "32", "--output_path", output, "--log_samples", "--threads", "1", "--json");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(1.0, run.Json["recovery"]!["recovery"]!.GetValue<double>());
        Assert.Equal(1.0, run.Json["recovery"]!["text"]!["top_agreement"]!.GetValue<double>());
        Assert.Equal(0.0, run.Json["recovery"]!["text"]!["kl"]!.GetValue<double>(), 1e-6);
        Assert.Equal(512, run.Json["recovery"]!["text"]!["tokens"]!.GetValue<int>());

        // In the harness's shape: what reads its files reads these.
        var results = JsonNode.Parse(File.ReadAllText(Directory.GetFiles(output, "results_*.json", SearchOption.AllDirectories)[0]))!;
        Assert.Equal(run.Json["results"]!["questions"]![0]!["value"]!.GetValue<double>(), results["results"]!["questions"]!["acc,none"]!.GetValue<double>());
        Assert.Equal(12, results["n-samples"]!["questions"]!["effective"]!.GetValue<int>());
        var samples = File.ReadAllLines(Directory.GetFiles(output, "samples_questions_*.jsonl", SearchOption.AllDirectories)[0]);
        Assert.Equal(12, samples.Length);
        Assert.NotNull(JsonNode.Parse(samples[0])!["arguments"]!["gen_args_0"]!["arg_1"]);
    }

    [Fact]
    public void HyphensAndTheShortVerbAreTheSame()
    {
        string[] rest = [_parent.PathOf("parent"), "--tasks", _parent.PathOf("questions.jsonl"), "--limit", "5", "--threads", "1", "--json"];
        var one = Tool.Run(["evaluate", .. rest, "--batch_size", "1"]);
        var other = Tool.Run(["eval", .. rest, "--batch-size", "5"]);
        Assert.Equal((0, 0), (one.ExitCode, other.ExitCode));
        Assert.Equal(one.Json["results"]!.ToJsonString(), other.Json["results"]!.ToJsonString());
    }

    [Fact]
    public void TasksAreListed()
    {
        var run = Tool.Run("evaluate", _parent.PathOf("parent"), "--tasks", "list", "--json");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("hellaswag", run.Json["tasks"]!.AsArray().Select(name => name!.GetValue<string>()));
        Assert.Contains("mmlu", run.Json["groups"]!.AsArray().Select(name => name!.GetValue<string>()));
    }

    [Theory]
    [InlineData(2, "did you mean 'hellaswag'?", "--tasks", "helaswag")]
    [InlineData(2, "--tasks is missing")]
    [InlineData(2, "--limit is 0; expected 1 or more", "--tasks", "piqa", "--limit", "0")]
    [InlineData(2, "--log_samples needs --output_path", "--tasks", "piqa", "--log_samples")]
    [InlineData(3, "hf download --repo-type dataset baber/piqa", "--tasks", "piqa")]
    [InlineData(3, "no chat template", "--tasks", "questions.jsonl", "--apply_chat_template")]
    public void WhatIsWrongIsTold(int code, string message, params string[] options)
    {
        var run = Tool.Run(["evaluate", _parent.PathOf("parent"), .. options.Select(option => option == "questions.jsonl" ? _parent.PathOf(option) : option)]);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Equal(code, run.ExitCode);
    }
}
