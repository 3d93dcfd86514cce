using Puzzle.Core.Models;
using Puzzle.Core.Variants;
using static TorchSharp.torch;

namespace Puzzle.Core.Tests;

/// <summary>Small random models, seeded by name and position, made in memory.</summary>
public static class TinyModel
{
    public static ModelConfig Config(params LayerSpec[] layers) => new()
    {
        Family = "llama",
        HiddenSize = 32,
        VocabSize = 96,
        Heads = 8,
        HeadDim = 4,
        TieWordEmbeddings = true,
        Layers = layers.Length > 0 ? layers : [.. Enumerable.Repeat(new LayerSpec(new GroupedQuerySpec(4), new SwiGluSpec(64)), 3)],
    };

    public static Transformer Create(ModelConfig config, long seed = 1, bool tied = true)
    {
        manual_seed(seed);
        WeightReader reader = (_, rows, columns) =>
            (columns is { } width ? randn([rows.Sum(), width]) * 0.15 : 1 + randn(rows.Sum()) * 0.1).DetachFromDisposeScope();
        var embedding = randn([config.VocabSize, config.HiddenSize]).DetachFromDisposeScope();
        var norm = (1 + randn(config.HiddenSize) * 0.1).DetachFromDisposeScope();
        var head = tied ? embedding : randn([config.VocabSize, config.HiddenSize]).DetachFromDisposeScope();
        return new Transformer(config, embedding, norm, head, config.Layers.Select(layer => new Block(
            VariantCatalogue.Of(layer.Attention).Read(layer.Attention, config, reader),
            VariantCatalogue.Of(layer.FeedForward).Read(layer.FeedForward, config, reader))));
    }

    /// <summary>A random subblock for the model, with the model's norm.</summary>
    public static Subblock Subblock(SubblockSpec spec, Transformer parent)
    {
        using var noGrad = no_grad();
        var subblock = VariantCatalogue.Of(spec).Read(spec, parent.Config, (_, rows, columns) => (columns is { } width ? randn([rows.Sum(), width]) * 0.15 : ones(rows.Sum())).DetachFromDisposeScope());
        subblock.Parameters[0].copy_(parent.Blocks[1][spec.Subblock].Parameters[0]);
        return subblock;
    }

    /// <summary>Random ids [batch, tokens].</summary>
    public static Tensor Ids(long batch, long tokens, long seed = 7)
    {
        manual_seed(seed);
        return randint(0, 96, [batch, tokens]);
    }
}
