using Puzzle.Core.Errors;
using Puzzle.Core.Measurement;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Tests.Measurement;

public class CostTableTests
{
    [Fact]
    public void TimesOfAllSubblocksAreFoundAndPredictAWholeModel()
    {
        using var parent = TinyModel.Create(TinyModel.Config());
        var workload = new Workload(2, 8, 8);
        SubblockSpec[] specs = [new GroupedQuerySpec(4), new SwiGluSpec(64), new NoOpAttentionSpec(), new LinearFeedForwardSpec()];
        var costs = BlockTimer.Measure(parent, specs, workload, rounds: 2);
        Assert.Equal(3, costs.Subblocks.Count);
        Assert.Equal(0, costs.Of(new NoOpAttentionSpec()).TotalMs(workload));
        Assert.True(costs.PredictMs(parent.Config.Layers) > 0);
    }

    [Fact]
    public void ATableSurvivesItsFile()
    {
        var table = new CostTable
        {
            Engine = "torch",
            Hardware = "test",
            Dtype = "float32",
            Workloads = [new WorkloadCosts(new Workload(1, 2, 3), new SubblockCost(1, 2, 3), new Dictionary<string, SubblockCost> { ["gqa_4"] = new(4, 5, 6) })],
        };
        Assert.Equal(table.ToJson(), CostTable.FromJson(table.ToJson(), "costs.json").ToJson());
    }

    [Theory]
    [InlineData("-4")]
    [InlineData("1e999")]
    public void TimesThatCannotBeAreRefusedByName(string time)
    {
        var json = """{"engine":"torch","hardware":"x","dtype":"float32","workloads":[{"workload":{"batch":1,"prompt_tokens":2,"output_tokens":3},"fixed":{"prefill_ms":1,"first_decode_ms":1,"last_decode_ms":1},"subblocks":{"gqa_4":{"prefill_ms":TIME,"first_decode_ms":1,"last_decode_ms":1}}}]}""".Replace("TIME", time);
        Assert.Contains(time == "-4" ? "gqa_4" : "costs.json", Assert.Throws<BadInputException>(() => CostTable.FromJson(json, "costs.json")).Message);
    }
}
