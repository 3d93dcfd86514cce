using Puzzle.Core.Errors;
using Puzzle.Core.Measurement;
using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Variants;
using Puzzle.Serving.Costs.Roofline;

namespace Puzzle.Serving.Tests.Costs;

public class RooflineTests
{
    private static readonly HardwareProfile Round = new()
    {
        Name = "round numbers",
        Source = "assumed",
        EfficiencySource = "assumed",
        MemoryGb = 10,
        BandwidthGbS = 1000,
        Peaks = [new PeakRate { Type = ServedType.Fp8, Tflops = 200 }, new PeakRate { Type = ServedType.BF16, Tflops = 100 }],
        MatrixEfficiency = [new EfficiencyPoint { Rows = 1, Share = 0.25 }, new EfficiencyPoint { Rows = 1024, Share = 0.5 }],
        PrefillAttentionEfficiency = 0.5,
        WeightBandwidthEfficiency = 0.8,
        CacheBandwidthEfficiency = 0.4,
        OperationUs = 2,
        StepUs = 100,
        Interconnect = new Interconnect { BandwidthGbS = 100, Efficiency = 0.5, LatencyUs = 10 },
    };

    private static readonly ModelConfig Large = new()
    {
        Family = "llama",
        HiddenSize = 1000,
        VocabSize = 5000,
        Heads = 10,
        HeadDim = 100,
        Layers = [.. Enumerable.Repeat(new LayerSpec(new GroupedQuerySpec(10), new SwiGluSpec(4000)), 4)],
    };

    [Fact]
    public void ThinProductsTakeTheirWeightsTimeAndThickOnesTheirArithmetics()
    {
        var cost = Model(ServedType.BF16, 1).Of(new SwiGluSpec(4000), new Workload(1, 1024, 1));
        var parameters = (3 * 1000 * 4000) + 1000.0;
        Assert.Equal(1e3 * ((parameters * 2 / 800e9) + 8e-6), cost.FirstDecodeMs, 9);
        Assert.Equal(1e3 * ((2 * parameters * 1024 / 50e12) + 8e-6), cost.PrefillMs, 9);
    }

    [Fact]
    public void KeysAndValuesTakeTheirTimeUpToTheWindow()
    {
        var model = Model(ServedType.BF16, 1);
        var workload = new Workload(8, 1000, 1001);
        var (full, few, window) = (model.Of(new GroupedQuerySpec(10), workload), model.Of(new GroupedQuerySpec(1), workload), model.Of(new GroupedQuerySpec(10, Window: 100, Sinks: 4), workload));
        double Cache(int heads, int tokens) => 1e3 * 2.0 * heads * 100 * tokens * 8 * 2 / 400e9;
        Assert.Equal(Cache(10, 2001) - Cache(10, 1001), full.LastDecodeMs - full.FirstDecodeMs, 9);
        Assert.Equal((Cache(10, 2001) - Cache(10, 1001)) / 10, few.LastDecodeMs - few.FirstDecodeMs, 9);
        Assert.Equal(0, window.LastDecodeMs - window.FirstDecodeMs, 12);
        Assert.Equal(Cache(10, 1001) - Cache(10, 104), full.FirstDecodeMs - window.FirstDecodeMs, 9);
        Assert.Equal(SubblockCost.Zero, model.Of(new NoOpAttentionSpec(), workload));
    }

    [Fact]
    public void DevicesShareALayerAndPayForTheirSum()
    {
        var workload = new Workload(4, 512, 1);
        var (one, two) = (Model(ServedType.BF16, 1).Of(new SwiGluSpec(4000), workload), Model(ServedType.BF16, 2).Of(new SwiGluSpec(4000), workload));
        var sum = 1e3 * ((4 * 512 * 1000 * 2 / 50e9) + 10e-6);
        Assert.Equal(((one.PrefillMs - 8e-3) / 2) + 8e-3 + sum, two.PrefillMs, 9);
    }

    [Fact]
    public void NarrowTypesAreMultipliedWhereTheDeviceCanAndOnlyStoredWhereNot()
    {
        var workload = new Workload(1, 4096, 1);
        SubblockCost Of(ServedType type) => Model(type, 1).Of(new SwiGluSpec(4000), workload);
        Assert.Equal((Of(ServedType.BF16).PrefillMs - 8e-3) / 2, Of(ServedType.Fp8).PrefillMs - 8e-3, 9);
        Assert.Equal(Of(ServedType.BF16).PrefillMs, Of(ServedType.Int4).PrefillMs, 9);
        Assert.Equal((Of(ServedType.BF16).FirstDecodeMs - 8e-3) / 4, Of(ServedType.Int4).FirstDecodeMs - 8e-3, 9);
    }

    [Fact]
    public void EveryProfileThatComesWithTheProgramIsReadAndSaysWhereItIsFrom()
    {
        Assert.Equal(["a100-sxm", "h100-sxm", "h200", "l40s", "rtx-4090"], HardwareProfiles.Names);
        foreach (var name in HardwareProfiles.Names)
        {
            var profile = HardwareProfiles.Load(name);
            Assert.Contains("datasheet", profile.Source.Replace("whitepaper", "datasheet", StringComparison.Ordinal), StringComparison.Ordinal);
            Assert.Contains("assumed", profile.EfficiencySource, StringComparison.Ordinal);
            foreach (var devices in new[] { 1, 2, 4, 8 })
            {
                foreach (var type in new[] { ServedType.Fp8, ServedType.Int8, ServedType.Int4, ServedType.BF16 })
                {
                    var config = Large with { Heads = 8, Layers = [.. Enumerable.Repeat(new LayerSpec(new GroupedQuerySpec(8), new SwiGluSpec(4000)), 4)] };
                    var costs = RooflineCostEngine.Compute(config, [new GroupedQuerySpec(8), new GroupedQuerySpec(1), new SwiGluSpec(4000), new SwiGluSpec(1000)], new Workload(4, 256, 64), new MeasureSection { Hardware = name, TensorParallel = devices, Weights = type, Cache = type });
                    Assert.All(costs.Subblocks.Values.Append(costs.Fixed), cost => Assert.True(cost.PrefillMs > 0 && cost.FirstDecodeMs > 0 && cost.LastDecodeMs >= cost.FirstDecodeMs));
                    Assert.True(costs.Of(new SwiGluSpec(1000)).TotalMs(costs.Workload) < costs.Of(new SwiGluSpec(4000)).TotalMs(costs.Workload));
                }
            }
        }
    }

    [Fact]
    public void AMeasuredProfileIsReadBackAsItWasWritten()
    {
        var file = Path.Combine(Path.GetTempPath(), $"puzzle-{Guid.NewGuid():N}.yaml");
        try
        {
            File.WriteAllText(file, HardwareProfileText.Of(Round with { Name = "it's: a \"name\"" }));
            var read = HardwareProfiles.Load(file);
            Assert.Equal(RecipeJson.Canonical(Round with { Name = "it's: a \"name\"" }), RecipeJson.Canonical(read));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void WhatAProfileCannotServeIsRefusedByName()
    {
        Assert.Contains("h100-sxm", Assert.Throws<RecipeException>(() => HardwareProfiles.Load("h100")).Message, StringComparison.Ordinal);
        var settings = new MeasureSection { Hardware = "h100-sxm", TensorParallel = 3 };
        Assert.Contains("3 devices do not divide 10 heads", Assert.Throws<RecipeException>(() => RooflineCostEngine.Compute(Large, [], new Workload(1, 1, 1), settings)).Message, StringComparison.Ordinal);
    }

    private static RooflineModel Model(ServedType type, int devices) => new(Round, Large, new MemoryModel(type, type), devices);
}
