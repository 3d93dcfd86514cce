using Puzzle.Core.Models;
using Puzzle.Core.Stitching;
using Puzzle.Core.Variants;
using Puzzle.Core.Variants.SwiGlu;
using static TorchSharp.torch;

namespace Puzzle.Core.Tests.Stitching;

public sealed class FfnFusionTests
{
    private static readonly AttentionSpec Live = new GroupedQuerySpec(4);
    private static readonly AttentionSpec None = new NoOpAttentionSpec();

    private static readonly LayerSpec[] Layers =
    [
        new(Live, new SwiGluSpec(64)), new(None, new SwiGluSpec(32)), new(None, new SwiGluSpec(48)), new(None, new NoOpFeedForwardSpec()),
        new(None, new SwiGluSpec(16)), new(None, new SwiGluSpec(24)), new(Live, new SwiGluSpec(64)), new(None, new SwiGluSpec(8)), new(None, new SwiGluSpec(8)),
    ];

    [Fact]
    public void One_network_computes_the_sum_of_several()
    {
        using var noGrad = no_grad();
        using var model = TinyModel.Create(TinyModel.Config(Layers));
        var parts = new[] { 1, 2, 4 }.Select(layer => (SwiGluFeedForward)model.Blocks[layer].FeedForward).ToList();
        var merged = FfnFusion.Merge(parts, model.Config.RmsNormEps);
        Assert.Equal(32 + 48 + 16, merged.SwiGlu.IntermediateSize);
        using var context = model.Begin(2, 5);
        var x_BTD = randn(2, 5, 32);
        var sum = parts.Select(part => part.Delta(x_BTD, context, 0)!).Aggregate((a, b) => a + b);
        Assert.InRange((sum - merged.Delta(x_BTD, context, 0)!).abs().max().item<float>(), 0, 1e-5f);
    }

    [Fact]
    public void Runs_leave_out_their_last_layer_and_short_ones_stay()
    {
        Assert.Equal([(1, 4)], FfnFusion.Runs(TinyModel.Config(Layers)));
        using var model = TinyModel.Create(TinyModel.Config(Layers));
        using var fused = FfnFusion.Fuse(model);
        Assert.Equal([Layers[0], new(None, new SwiGluSpec(96)), Layers[5], Layers[6], Layers[7], Layers[8]], fused.Config.Layers);
        Assert.InRange(FfnFusion.Effect(model, fused, TinyModel.Ids(2, 16)), 1e-6, 1);
        Assert.Equal(0, FfnFusion.Effect(model, model, TinyModel.Ids(2, 16)), 1e-6);
    }

    [Fact]
    public void A_model_without_runs_stays_the_same_function()
    {
        using var model = TinyModel.Create(TinyModel.Config());
        using var fused = FfnFusion.Fuse(model);
        Assert.Equal(0, FfnFusion.Effect(model, fused, TinyModel.Ids(1, 16)), 1e-7);
    }
}
