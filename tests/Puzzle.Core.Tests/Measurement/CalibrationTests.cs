using Puzzle.Core.Measurement;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Tests.Measurement;

public class CalibrationTests
{
    private static readonly Workload Work = new(2, 8, 11);
    private static readonly LayerSpec[] Parent = [new(new GroupedQuerySpec(2), new SwiGluSpec(64))];
    private static readonly LayerSpec[] Child = [new(new NoOpAttentionSpec(), new SwiGluSpec(64))];

    private static readonly CostTable Costs = new()
    {
        Engine = "torch",
        Hardware = "here",
        Dtype = "f32",
        Workloads = [new WorkloadCosts(Work, new SubblockCost(1, 0.1, 0.1), new Dictionary<string, SubblockCost> { ["gqa_2"] = new(2, 0.2, 0.4), ["ffn_64"] = new(4, 0.4, 0.4) })],
    };

    [Fact]
    public void FactorsThatWereBuiltInAreFoundAndCorrectThePrediction()
    {
        var fitted = Calibration.Fit(Costs, [Timed("torch", "here", 1.1, 0.9, 1.5, 1.25)], Parent, Child)!;
        Assert.Equal(1.1, fitted.Parent.Prefill, 9);
        Assert.Equal(0.9, fitted.Parent.Decode, 9);
        Assert.Equal(1.5, fitted.Child.Prefill, 9);
        Assert.Equal(1.25, fitted.Child.Decode, 9);
        var corrected = Costs.Scaled(fitted.Child).Of(Work).Of(Child);
        Assert.Equal(1.5 * 5, corrected.PrefillMs, 9);
        Assert.Equal(1.25 * 0.5, corrected.DecodeMs, 9);
    }

    [Fact]
    public void OtherEnginesAndOtherHardwareDoNotCount()
    {
        Assert.Null(Calibration.Fit(Costs, [Timed("llama_cpp", "here", 2, 2, 2, 2), Timed("torch", "elsewhere", 3, 3, 3, 3)], Parent, Child));
        Assert.Equal(1.5, Calibration.Fit(Costs, [Timed("torch", "elsewhere", 3, 3, 3, 3), Timed("torch", "here", 1, 1, 1.5, 1)], Parent, Child)!.Child.Prefill, 9);
    }

    [Fact]
    public void FactorsThatHardlyDifferFromThoseInUseDoNotReplaceThem()
    {
        var used = Calibration.Fit(Costs, [Timed("torch", "here", 1, 1, 1.5, 1.25)], Parent, Child)!;
        Assert.Same(used, Calibration.Fit(Costs, [Timed("torch", "here", 1.01, 1, 1.51, 1.24)], Parent, Child)!.Over(used));
        Assert.NotSame(used, Calibration.Fit(Costs, [Timed("torch", "here", 1, 1, 1.5, 1.35)], Parent, Child)!.Over(used));
    }

    private static SpeedComparison Timed(string engine, string hardware, double parentPrefill, double parentDecode, double childPrefill, double childDecode)
    {
        GenerationTime Of(LayerSpec[] layers, double prefill, double decode)
        {
            var cost = Costs.Of(Work).Of(layers);
            return new GenerationTime(Work, prefill * cost.PrefillMs, prefill * cost.PrefillMs + decode * cost.DecodeMs * (Work.OutputTokens - 1));
        }

        return new SpeedComparison { Engine = engine, Hardware = hardware, Scenario = "s", Parent = Of(Parent, parentPrefill, parentDecode), Child = Of(Child, childPrefill, childDecode) };
    }
}
