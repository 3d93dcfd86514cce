using System.Text.Json;
using Puzzle.Core.Reports;

namespace Puzzle.Core.Tests.Reports;

public class RunSummaryTests
{
    [Fact]
    public void SummaryIsOneLineOfPlainJsonWithTheDocumentedKeys()
    {
        var data = SampleReport.Full();
        var json = RunSummary.Of(data with { Headline = data.Headline with { Recovery = double.NaN, Speedups = new Dictionary<string, double?> { ["torch"] = 1.63, ["llama_cpp"] = null } } }, "child", "report.html").ToJson();

        Assert.DoesNotContain('\n', json);
        var root = JsonDocument.Parse(json).RootElement;
        Assert.Equal(["status", "child", "report", "speedup", "speedups", "speedup_predicted", "recovery", "recovery_above_chance", "scenario", "missed", "parent", "child_stats", "seconds", "stages"],
            root.EnumerateObject().Select(p => p.Name));
        Assert.Equal(["params", "block_params", "weights_mib", "kv_mib", "tokens_per_s", "ttft_ms", "tpot_ms", "accuracy", "loss"], root.GetProperty("parent").EnumerateObject().Select(p => p.Name));
        Assert.Equal(JsonValueKind.Null, root.GetProperty("recovery").ValueKind);
        Assert.Equal(JsonValueKind.Null, root.GetProperty("speedups").GetProperty("llama_cpp").ValueKind);
        Assert.True(Path.IsPathRooted(root.GetProperty("child").GetString()));
        Assert.Equal(1790, root.GetProperty("stages").GetProperty("heal").GetProperty("seconds").GetDouble());
    }
}
