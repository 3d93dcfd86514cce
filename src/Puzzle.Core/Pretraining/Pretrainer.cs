using Puzzle.Core.Data;
using Puzzle.Core.Healing;
using Puzzle.Core.Models;
using Puzzle.Core.Stories;
using Puzzle.Core.Text;
using Puzzle.Core.Variants;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Core.Pretraining;

/// <summary>Trains the small parent that ships with the repository: the healing loop without a teacher.</summary>
public sealed class Pretrainer : IDisposable
{
    private readonly GlobalDistiller _trainer;

    public Pretrainer(ITokenizer tokenizer, PretrainOptions options)
    {
        Model = Create(Architecture(options, tokenizer.Encode(StoryCorpus.EndToken).Single()), (long)options.Seed);
        var (ids, weights) = StoryCorpus.Build(tokenizer, StorySplit.Train, options.Tokens, options);
        _trainer = new GlobalDistiller(
            Model,
            null,
            new TokenWindows(ids, options.WindowLength, options.Seed),
            new HealOptions
            {
                Tokens = options.Tokens,
                BatchWindows = options.BatchWindows,
                LearningRate = options.LearningRate,
                FinalRate = options.FinalRate,
                LmWeight = 1,
            },
            new TokenWindows(weights, options.WindowLength, options.Seed));
    }

    /// <summary>The model in training.</summary>
    public Transformer Model { get; }

    /// <summary>The loop, for its steps and its state.</summary>
    public GlobalDistiller Trainer => _trainer;

    /// <inheritdoc/>
    public void Dispose()
    {
        _trainer.Dispose();
        Model.Dispose();
    }

    /// <summary>The architecture that the options describe, embeddings tied.</summary>
    public static ModelConfig Architecture(PretrainOptions options, int endToken) => new()
    {
        Family = "llama",
        HiddenSize = options.HiddenSize,
        VocabSize = options.VocabSize,
        Heads = options.Heads,
        HeadDim = options.HiddenSize / options.Heads,
        MaxPositionEmbeddings = 2 * options.WindowLength,
        TieWordEmbeddings = true,
        EosTokenIds = [endToken],
        Layers = [.. Enumerable.Repeat(new LayerSpec(new GroupedQuerySpec(options.KvHeads), new SwiGluSpec(options.IntermediateSize)), options.Layers)],
    };

    // Normal with standard deviation 1/sqrt(fan-in), the projections back into the residual stream smaller by sqrt(2 L).
    private static Transformer Create(ModelConfig config, long seed)
    {
        manual_seed(seed);
        var residual = Math.Sqrt(2 * config.Layers.Count);
        var embedding = (randn([config.VocabSize, config.HiddenSize]) * 0.02).DetachFromDisposeScope();
        return new Transformer(config, embedding, ones(config.HiddenSize).DetachFromDisposeScope(), embedding, config.Layers.Select(layer => new Block(
            VariantCatalogue.Of(layer.Attention).Read(layer.Attention, config, Weight),
            VariantCatalogue.Of(layer.FeedForward).Read(layer.FeedForward, config, Weight))));

        Tensor Weight(IReadOnlyList<string> names, IReadOnlyList<long> rows, long? columns)
        {
            if (columns is not { } width)
                return ones(rows.Sum()).DetachFromDisposeScope();
            var output = names[0].Contains("o_proj", StringComparison.Ordinal) || names[0].Contains("down_proj", StringComparison.Ordinal);
            return (randn([rows.Sum(), width]) * (1 / Math.Sqrt(width) / (output ? residual : 1))).DetachFromDisposeScope();
        }
    }
}
