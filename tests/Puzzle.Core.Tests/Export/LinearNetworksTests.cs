using Puzzle.Core.Checkpoints;
using Puzzle.Core.Export;
using Puzzle.Core.Library;
using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Search;
using Puzzle.Core.Tests.Checkpoints;
using Puzzle.Core.Variants;
using static TorchSharp.torch;

namespace Puzzle.Core.Tests.Export;

public sealed class LinearNetworksTests
{
    private static readonly LayerSpec[] Layers =
    [
        new(new GroupedQuerySpec(4), new SwiGluSpec(64)), new(new GroupedQuerySpec(2), new LinearFeedForwardSpec()),
        new(new NoOpAttentionSpec(), new LinearFeedForwardSpec()), new(new GroupedQuerySpec(4), new NoOpFeedForwardSpec()),
    ];

    [Fact]
    public void At_the_hidden_size_they_are_the_same_function_and_gguf_takes_them()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var child = TinyModel.Create(TinyModel.Config(Layers));
        var (model, replacement) = LinearNetworks.Replace(child, TinyModel.Ids(16, 24), width: 32);
        using (model)
        {
            var ids_BT = TinyModel.Ids(2, 20, seed: 9);
            Assert.InRange((child.Forward(ids_BT) - model.Forward(ids_BT)).abs().max().item<float>(), 0, 1e-4);
            Assert.All(replacement.Networks, network => Assert.InRange(network.Error, 0, 1e-6));
            Assert.InRange(replacement.MeanKl, -1e-6, 1e-6);
            Assert.False(LinearNetworks.AreIn(model.Config));
            Assert.Null(GgufExport.Problem(model.Config));
            using var folder = new TemporaryFolder();
            var file = Path.Combine(folder.Path, "child.gguf");
            GgufExport.Write(file, model.Config, TensorReader.Of(model.Named()), new() { Type = StoredType.F32 });
            using var written = GgufFile.Open(file);
            using var read = ModelLoader.Load(written);
            Assert.InRange((child.Forward(ids_BT) - read.Forward(ids_BT)).abs().max().item<float>(), 0, 1e-4);
        }
    }

    [Fact]
    public void Narrower_ones_start_at_the_best_of_their_rank_and_learn()
    {
        using var scope = NewDisposeScope();
        using var child = TinyModel.Create(TinyModel.Config(Layers));
        var ids_WT = TinyModel.Ids(64, 32);
        var before = 1.0;
        foreach (var width in new[] { 4, 12, 24 })
        {
            var (model, replacement) = LinearNetworks.Replace(child, ids_WT, width);
            model.Dispose();
            Assert.Equal([1, 2], replacement.Networks.Select(network => network.Layer));
            Assert.All(replacement.Networks, network => Assert.Equal(width, network.Width));
            Assert.All(replacement.Networks, network => Assert.True(network.Error <= network.StartError));
            var start = replacement.Networks.Max(network => network.StartError);
            Assert.InRange(start, 1e-3, before);
            before = start;
            // A random matrix has no direction to spare: rank 4 of 32 leaves most of it out, and learning finds some of that.
            if (width != 4)
                continue;
            Assert.All(replacement.Networks, network => Assert.True(network.StartError > 0.4));
            Assert.Contains(replacement.Networks, network => network.Error < network.StartError);
        }
    }

    [Fact]
    public void Nemotron_folders_keep_the_biases_of_every_family()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var config = TinyModel.Config(Layers) with { Family = "qwen2", QkvBias = true };
        using var child = TinyModel.Create(config);
        var (model, _) = LinearNetworks.Replace(child, TinyModel.Ids(8, 16), width: 32);
        using (model)
        {
            ChildFolderWriter.Write(Path.Combine(folder.Path, "child"), model.Config, TensorReader.Of(model.Named()), new() { Type = StoredType.F32 });
            using var written = HuggingFaceFolder.Open(Path.Combine(folder.Path, "child"));
            Assert.True(written.Config.MlpBias);
            Assert.Equal(model.Config.Layers, written.Config.Layers);
        }
    }

    [Fact]
    public void With_distill_the_rules_of_llama_cpp_leave_linear_networks_in_the_search()
    {
        var linear = new LayerSpec(new GroupedQuerySpec(4), new LinearFeedForwardSpec());
        var lost = new LayerSpec(new LinearAttentionSpec(), new NoOpFeedForwardSpec());
        var refuse = ExportTargets.Rules(new ExportSection { Targets = [ServingTarget.LlamaCpp] })[0];
        var distill = ExportTargets.Rules(new ExportSection { Targets = [ServingTarget.LlamaCpp], LinearFfn = LinearFfn.Distill })[0];
        Assert.Contains("linear_ffn: distill", refuse.Refusal(linear, 1, 4), StringComparison.Ordinal);
        Assert.Null(distill.Refusal(linear, 1, 4));
        Assert.NotNull(distill.Refusal(lost, 1, 4));
        Assert.NotNull(distill.Refusal(new(new NoOpAttentionSpec(), new SwiGluSpec(64)), 0, 4));
    }
}
