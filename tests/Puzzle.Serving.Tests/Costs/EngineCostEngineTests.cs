using Puzzle.Core.Measurement;
using Puzzle.Core.Recipes;
using Puzzle.Core.Variants;
using Puzzle.Serving.Costs;

namespace Puzzle.Serving.Tests.Costs;

public class EngineCostEngineTests
{
    [Fact]
    public void EverySubblockIsTimedUnderEveryWorkloadOnce()
    {
        using var parent = TinyModel.Create(TinyModel.Config());
        var settings = new MeasureSection { Repeats = 3, Copies = 8 };
        Workload[] workloads = [new(1, 40, 10), new(3, 300, 1)];
        SubblockSpec[] specs = [new GroupedQuerySpec(4), new GroupedQuerySpec(1, Window: 8, Sinks: 1), new LinearAttentionSpec(), new NoOpAttentionSpec(), new SwiGluSpec(64), new LinearFeedForwardSpec(), new NoOpFeedForwardSpec(), new SwiGluSpec(64)];
        var measured = new List<WorkloadCosts>();
        new EngineCostEngine().Measure(parent, specs, workloads, settings, measured.Add, default);
        Assert.Equal(workloads, measured.Select(costs => costs.Workload));
        foreach (var costs in measured)
        {
            Assert.Equal(["attn_linear", "ffn_64", "ffn_linear", "gqa_1_window_8_sinks_1", "gqa_4"], costs.Subblocks.Keys.Order());
            Assert.True(costs.Fixed.PrefillMs > 0 && costs.Fixed.DecodeMs > 0);
            Assert.True(costs.PredictMs(parent.Config.Layers) > costs.Fixed.TotalMs(costs.Workload));
        }
    }

    [Fact]
    public void WholeModelsAreTimedInTurns()
    {
        using var parent = TinyModel.Create(TinyModel.Config());
        using var child = TinyModel.Create(TinyModel.Config(new LayerSpec(new GroupedQuerySpec(1), new NoOpFeedForwardSpec())));
        var scenario = new Scenario { Name = "s", BatchCap = 4, PromptTokens = 20, OutputTokens = 8 };
        var speed = SpeedComparison.Measure(new EngineCostEngine(), parent, child, scenario, new MeasureSection(), rounds: 3);
        Assert.Equal(("torch", "s"), (speed.Engine, speed.Scenario));
        Assert.Contains(speed.Parent.Workload.Batch, scenario.BatchesToTry());
        Assert.True(speed.Parent.FirstTokenMs > 0 && speed.Parent.TotalMs > speed.Parent.FirstTokenMs);
        Assert.True(speed.Speedup > 0);
    }
}
