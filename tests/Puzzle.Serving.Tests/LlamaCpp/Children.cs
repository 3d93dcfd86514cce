using Puzzle.Core.Checkpoints;
using Puzzle.Core.Models;
using Puzzle.Core.Variants;

namespace Puzzle.Serving.Tests.LlamaCpp;

/// <summary>Random architectures that llama.cpp should run, with weights that make every part of them matter.</summary>
internal static class Children
{
    public static ModelConfig Random(Random random)
    {
        T Any<T>(params T[] choices) => choices[random.Next(choices.Length)];
        var heads = Any(4, 8);
        var count = random.Next(2, 6);
        List<LayerSpec> layers = [];
        for (var i = 0; i < count; i++)
        {
            AttentionSpec attention = (i == 0 ? 0 : random.Next(5)) switch
            {
                3 => new LinearAttentionSpec(),
                4 => new NoOpAttentionSpec(),
                _ => new GroupedQuerySpec(Any(1, 2, 4, heads)),
            };
            FeedForwardSpec feedForward = random.Next(4) == 0 && attention is not LinearAttentionSpec ? new NoOpFeedForwardSpec() : new SwiGluSpec(Any(32, 64, 96, 160, 256));
            layers.Add(new(attention, feedForward));
        }

        // Every fifth child is uniform and goes out under the family's own architecture.
        if (random.Next(5) == 0)
            layers = [.. Enumerable.Repeat(new LayerSpec(new GroupedQuerySpec(Any(1, 2, heads)), new SwiGluSpec(Any(32, 96))), count)];
        return new ModelConfig
        {
            Family = "llama",
            HiddenSize = Any(32, 64, 96),
            VocabSize = 96,
            Heads = heads,
            HeadDim = Any(8, 16, 24),
            Layers = layers,
            TieWordEmbeddings = random.Next(2) == 0,
            RopeScaling = Any(null, null, new RopeScaling("llama3", 8, 1, 4, 32), new RopeScaling("linear", 4)),
            RopeTheta = Any(10000.0, 500000.0),
            RmsNormEps = Any(1e-5, 1e-6),
            MaxPositionEmbeddings = 256,
            BosTokenId = 1,
            EosTokenIds = [2],
        };
    }

    /// <summary>
    /// Weights determined by seed and name, exact in F16. Attention is far from uniform and each subblock adds about as much as
    /// the residual stream holds.
    /// </summary>
    /// <param name="config">The architecture.</param>
    /// <param name="seed">Of the weights.</param>
    /// <param name="sharp">The reference families' scale: scores and logits with a standard deviation of about 2. Else about 1.6 and 1: llama.cpp
    /// computes F16 files in F16 itself, which costs more than 2e-2 at the larger scale.</param>
    public static ReadTensor Weights(ModelConfig config, int seed, bool sharp = false)
    {
        var shapes = WeightLayout.Of(config).ToDictionary(tensor => tensor.Name, tensor => tensor.Shape);
        return (name, values) =>
        {
            var random = new Random(name.Aggregate(seed, (hash, c) => unchecked((hash * 31) + c)));
            var columns = shapes[name].Length > 1 ? shapes[name][1] : 0;
            var scale = name.Contains("q_proj", StringComparison.Ordinal) || name.Contains("k_proj", StringComparison.Ordinal) ? (sharp ? 1.6 : 1.25)
                : name is WeightLayout.Embedding or WeightLayout.Head && sharp ? 2.0 : 1.0;
            for (var i = 0; i < values.Length; i++)
            {
                var normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
                values[i] = (float)(Half)(columns == 0 ? 1 + (0.2 * normal) : normal * scale / Math.Sqrt(columns));
            }
        };
    }
}
