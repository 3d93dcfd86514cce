using Puzzle.Core.Checkpoints;
using Puzzle.Core.Data;
using Puzzle.Core.Healing;
using Puzzle.Core.Library;
using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Text;
using Puzzle.Core.Variants;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Core.Pretraining;

/// <summary>Trains the small parent that ships with the repository: the healing loop without a teacher.</summary>
public sealed class Pretrainer : IDisposable
{
    private const string StateFile = "state.safetensors";
    private readonly GlobalDistiller _trainer;

    /// <param name="tokenizer">Knows the end token of <see cref="StoryCorpus"/>.</param>
    /// <param name="recipe">Everything that decides the weights.</param>
    /// <param name="threads">That make the stories.</param>
    public Pretrainer(ITokenizer tokenizer, PretrainRecipe recipe, int threads = 1)
    {
        var (train, length, seed) = (recipe.Train, recipe.Stories.SequenceLength, (ulong)recipe.Seed);
        Model = Create(ConfigOf(recipe.Architecture, tokenizer.Encode(StoryCorpus.EndToken).Single()), recipe.Seed, recipe.Architecture.LookBackHeads);
        var (ids, weights) = StoryCorpus.Build(tokenizer, recipe, threads);
        _trainer = new GlobalDistiller(
            Model,
            null,
            new TokenWindows(ids, length, seed, shuffle: false),
            new HealOptions
            {
                Tokens = train.Tokens,
                BatchWindows = (int)(train.TokensPerStep / length),
                LearningRate = train.LearningRate,
                FinalRate = train.FinalLearningRate,
                WarmupFraction = train.Warmup,
                WeightDecay = train.WeightDecay,
                LmWeight = 1,
            },
            new TokenWindows(weights, length, seed, shuffle: false));
    }

    /// <summary>The model in training.</summary>
    public Transformer Model { get; }

    /// <summary>The loop, for its steps and its state.</summary>
    public GlobalDistiller Trainer => _trainer;

    /// <summary>Writes everything that a resumed training needs into a folder.</summary>
    public void Save(string folder)
    {
        var named = Named().ToArray();
        SafetensorsWriter.WriteFile(Path.Combine(folder, StateFile), TensorReader.Infos(named), TensorReader.Of(named));
    }

    /// <summary>Goes on from what <see cref="Save"/> wrote after a number of steps, bit by bit as the first would have.</summary>
    public void Load(string folder, long step)
    {
        using var file = SafetensorsFile.Open(Path.Combine(folder, StateFile));
        using var noGrad = no_grad();
        foreach (var (name, target) in Named())
        {
            using var scope = NewDisposeScope();
            var values = new float[file.Tensors[name].Count];
            file.Read(name, values);
            target.copy_(tensor(values).view(target.shape));
        }

        _trainer.Resume(step);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _trainer.Dispose();
        Model.Dispose();
    }

    /// <summary>The architecture that the recipe describes, embeddings tied.</summary>
    public static ModelConfig ConfigOf(Architecture shape, int endToken) => new()
    {
        Family = "llama",
        HiddenSize = shape.HiddenSize,
        VocabSize = shape.VocabSize,
        Heads = shape.Heads,
        HeadDim = shape.HeadDim ?? (shape.HiddenSize / shape.Heads),
        MaxPositionEmbeddings = shape.MaxPositions,
        RopeTheta = shape.RopeTheta,
        TieWordEmbeddings = true,
        EosTokenIds = [endToken],
        Layers = [.. Enumerable.Repeat(new LayerSpec(new GroupedQuerySpec(shape.KvHeads), new SwiGluSpec(shape.IntermediateSize)), shape.Layers)],
    };

    private IEnumerable<KeyValuePair<string, Tensor>> Named() =>
        Model.Named().Select(pair => new KeyValuePair<string, Tensor>("weights/" + pair.Key, pair.Value))
            .Concat(_trainer.State().Select(pair => new KeyValuePair<string, Tensor>("optimiser/" + pair.Key, pair.Value)));

    // Normal with standard deviation 1/sqrt(fan-in), the projections back into the residual stream smaller by sqrt(2 L).
    private static Transformer Create(ModelConfig config, long seed, int lookBackHeads)
    {
        // Draws of its own: whatever else draws in this process changes nothing here.
        using var draws = new Generator((ulong)seed);
        var residual = Math.Sqrt(2 * config.Layers.Count);
        var embedding = LookBackStart.Embedding(config.VocabSize, config.HiddenSize, draws).DetachFromDisposeScope();
        var model = new Transformer(config, embedding, ones(config.HiddenSize).DetachFromDisposeScope(), embedding, config.Layers.Select(layer => new Block(
            VariantCatalogue.Of(layer.Attention).Read(layer.Attention, config, Weight),
            VariantCatalogue.Of(layer.FeedForward).Read(layer.FeedForward, config, Weight))));
        LookBackStart.Turn(model, lookBackHeads, (int)seed, draws);
        return model;

        Tensor Weight(IReadOnlyList<string> names, IReadOnlyList<long> rows, long? columns)
        {
            if (columns is not { } width)
                return ones(rows.Sum()).DetachFromDisposeScope();
            var output = names[0].Contains("o_proj", StringComparison.Ordinal) || names[0].Contains("down_proj", StringComparison.Ordinal);
            return (randn([rows.Sum(), width], generator: draws) * Held.Number(1 / Math.Sqrt(width) / (output ? 4 * residual : 1))).DetachFromDisposeScope();
        }
    }
}
