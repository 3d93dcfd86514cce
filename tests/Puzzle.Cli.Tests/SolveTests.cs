using System.Text.Json.Nodes;

namespace Puzzle.Cli.Tests;

/// <summary>The search on library files, from the command line to the JSON document.</summary>
public sealed class SolveTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("puzzle-solve-").FullName;

    // Two layers; what is saved and what it costs in quality: 4 for 0.1 and 3 for 0.3 in layer 0, 5 for 0.4 in layer 1.
    private const string Library = """
        {"puzzle_library": 1, "layers": 2, "non_block": {"memory_mib": 2, "num_params": 100}, "items": [
          {"layer": 0, "id": "gqa_2 + ffn_8", "parent": true, "metrics": {"kl_div": 0}, "stats": {"memory_mib": 10, "runtime_ms@b1": 5, "runtime_ms@b4": 8, "num_params": 50}},
          {"layer": 0, "id": "gqa_1 + ffn_8", "metrics": {"kl_div": 0.1}, "stats": {"memory_mib": 6, "runtime_ms@b1": 4, "runtime_ms@b4": 6, "num_params": 40}},
          {"layer": 0, "id": "attn_no_op + ffn_8", "metrics": {"kl_div": 0.4}, "stats": {"memory_mib": 3, "runtime_ms@b1": 3, "runtime_ms@b4": 4, "num_params": 30}},
          {"layer": 1, "id": "gqa_2 + ffn_8", "parent": true, "metrics": {"kl_div": 0}, "stats": {"memory_mib": 10, "runtime_ms@b1": 5, "runtime_ms@b4": 8, "num_params": 50}},
          {"layer": 1, "id": "gqa_2 + ffn_no_op", "metrics": {"kl_div": 0.25}, "stats": {"memory_mib": 5, "runtime_ms@b1": 2, "runtime_ms@b4": 3, "num_params": 20}}]}
        """;

    private string LibraryPath
    {
        get
        {
            var path = Path.Combine(_folder, "library.json");
            File.WriteAllText(path, Library);
            return path;
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void AMemoryLimitIsKeptWithTheLeastHarm()
    {
        var tool = Tool.Run("solve", "--library", LibraryPath, "--objective", "metrics.kl_div", "--max", "stats.memory_mib=14", "--json");

        Assert.Equal(0, tool.ExitCode);
        Assert.Equal("optimal", (string?)tool.Json["status"]);
        Assert.Equal(0.35, (double)tool.Json["objective"]!, 1e-12);
        Assert.Equal(0, (double)tool.Json["gap"]!);
        Assert.Equal(["gqa_1 + ffn_8", "gqa_2 + ffn_no_op"], tool.Json["choice"]!.AsArray().Select(line => (string?)line!["id"]));
        Assert.Equal(13, (double)tool.Json["costs"]!["memory_mib"]!);
        Assert.Equal(22, (double)tool.Json["parent_costs"]!["memory_mib"]!);
        Assert.True((double)tool.Json["shadow_prices"]!["memory_mib"]! >= 0);
        Assert.Equal(["greedy", "random", "max_params", "homogeneous", "no_op_only", "depth"], tool.Json["baselines"]!.AsArray().Select(line => (string?)line!["baseline"]));
        Assert.Contains("attn_no_op", tool.Json["baselines"]!.AsArray().Single(line => (string?)line!["baseline"] == "no_op_only")!["choice"]!.ToJsonString());
    }

    [Fact]
    public void ThroughputIsTakenAtTheBestBatchWithinTheCap()
    {
        string[] common = ["solve", "--library", LibraryPath, "--batches", "1,4", "--output-tokens", "10", "--min", "throughput=1.3x", "--json"];
        var both = Tool.Run(common);
        var capped = Tool.Run([.. common, "--batch-cap", "1"]);

        Assert.Equal(4, (int)both.Json["batches"]![""]!);
        Assert.Equal(0.25, (double)both.Json["objective"]!, 1e-12);
        Assert.Equal(1, (int)capped.Json["batches"]![""]!);
        Assert.Equal(0.25, (double)capped.Json["objective"]!, 1e-12);
    }

    [Fact]
    public void FurtherSolutionsDifferInAsManyLayersAsAsked()
    {
        var tool = Tool.Run("solve", "--library", LibraryPath, "--num-solutions", "3", "--min-diversity", "2", "--json", "--no-baselines");

        Assert.Equal([0.0, 0.35], tool.Json["solutions"]!.AsArray().Select(solution => Math.Round((double)solution!["objective"]!, 9)));
        Assert.Empty(tool.Json["baselines"]!.AsArray());
    }

    [Theory]
    [InlineData("0=parent", 0.25, 1)]
    [InlineData("0=attn_no_op*", 0.65, 0)]
    public void PinsHold(string pin, double objective, int parents)
    {
        var tool = Tool.Run("solve", "--library", LibraryPath, "--max", "num_params=170", "--pin", pin, "--forbid", "nothing*@0-1", "--pin", "1=* + ffn_no_op", "--json");

        Assert.Equal(objective, (double)tool.Json["objective"]!, 1e-12);
        Assert.Equal(parents, tool.Json["choice"]!.AsArray().Count(line => (bool)line!["parent"]!));
    }

    [Fact]
    public void WhatCannotBeMetIsExplainedAndLeavesNoFile()
    {
        var output = Path.Combine(_folder, "result.json");
        var tool = Tool.Run("solve", "--library", LibraryPath, "--max", "memory=11", "--min", "params=85%", "--out", output, "--json");

        Assert.Equal(4, tool.ExitCode);
        Assert.False(File.Exists(output));
        Assert.Contains("these cannot be met together", tool.Error);
        Assert.Contains("memory <= 11 MiB: at least 10 MiB is possible alone", tool.Error);
        Assert.Equal("error", (string?)tool.Json["status"]);
        Assert.Equal(4, (int)tool.Json["exit_code"]!);
        Assert.Equal([11.0, 0.85], tool.Json["infeasible"]!["conflict"]!.AsArray().Select(reach => (double)reach!["asked"]!));
    }

    [Theory]
    [InlineData("memory <= -5 MiB: at least 10 MiB is possible", 4, "--max", "memory=-5")]
    [InlineData("memory >= 1E+300 MiB: at most 22 MiB is possible", 4, "--min", "memory=1e300")]
    [InlineData("'abc' is not a number", 2, "--max", "memory=abc")]
    [InlineData("did you mean 'memory'?", 2, "--max", "memry=8GiB")]
    [InlineData("right would be NAME=VALUE", 2, "--max", "memory")]
    [InlineData("needs output tokens", 2, "--min", "throughput=5", "--batches", "1,4")]
    [InlineData("right would be whole numbers", 2, "--batches", "1,x")]
    [InlineData("no metric 'accuracy'", 2, "--objective", "metrics.accuracy")]
    [InlineData("nothing is left to choose in layer 1", 4, "--pin", "1=gqa_4*")]
    [InlineData("export target 'ollama' is not known", 2, "--target", "ollama")]
    public void NonsenseIsNamed(string message, int code, params string[] options)
    {
        var tool = Tool.Run(["solve", "--library", LibraryPath, .. options]);

        Assert.Equal(code, tool.ExitCode);
        Assert.Contains(message, tool.Error);
    }

    [Theory]
    [InlineData("solve needs a recipe or --library FILE")]
    [InlineData("--max goes with --library", "my.yaml", "--max", "memory=1")]
    [InlineData("not both", "my.yaml", "--library", "x.json")]
    [InlineData("x.json: cannot be read", "--library", "x.json")]
    public void ARecipeAndALibraryAreNotMixed(string message, params string[] options)
    {
        var tool = Tool.Run(["solve", .. options]);

        Assert.Contains(message, tool.Error);
        Assert.NotEqual(0, tool.ExitCode);
    }

    [Fact]
    public void ASweepGivesTableCsvAndPlot()
    {
        var (csv, plot) = (Path.Combine(_folder, "front.csv"), Path.Combine(_folder, "front.svg"));
        var tool = Tool.Run("sweep", "--library", LibraryPath, "--over", "stats.memory_mib", "--points", "5", "--csv", csv, "--plot", plot, "--json");

        Assert.Equal(0, tool.ExitCode);
        var points = tool.Json["points"]!.AsArray();
        Assert.Equal([22.0, 19, 16, 13, 10], points.Select(point => Math.Round((double)point!["bound"]!, 6)));
        Assert.Equal([0, 0.1, 0.35, 0.35, 0.65], points.Select(point => Math.Round((double)point!["objective"]!, 9)));
        var lines = File.ReadAllLines(csv);
        Assert.Equal(6, lines.Length);
        Assert.StartsWith("memory_mib bound (MiB),memory_mib (MiB),kl_div,gap", lines[0]);
        Assert.Contains("<svg", File.ReadAllText(plot));
        Assert.Contains("memory_mib", tool.Error);
    }

    [Fact]
    public void TheResultIsWrittenAsItIsPrinted()
    {
        var file = Path.Combine(_folder, "out", "result.json");
        var tool = Tool.Run("solve", "--library", LibraryPath, "--max", "memory=14MiB", "--out", file, "--json");

        Assert.Equal((double)tool.Json["objective"]!, (double)JsonNode.Parse(File.ReadAllText(file))!["objective"]!);
        Assert.Equal(tool.Json["choice"]!.ToJsonString(), JsonNode.Parse(File.ReadAllText(file))!["choice"]!.ToJsonString());
    }
}
