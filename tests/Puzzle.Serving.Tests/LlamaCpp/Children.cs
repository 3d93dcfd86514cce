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
        var alike = random.Next(5) == 0;
        if (alike)
            layers = [.. Enumerable.Repeat(new LayerSpec(new GroupedQuerySpec(Any(1, 2, heads)), new SwiGluSpec(Any(32, 96))), count)];
        var family = Any("llama", "llama", "llama", "mistral", "qwen2", alike ? "qwen3" : "llama");
        var biased = family == "llama" && random.Next(3) == 0;
        return new ModelConfig
        {
            Family = family,
            QkNorm = family == "qwen3",
            QkvBias = biased || family == "qwen2",
            OutputBias = biased,
            MlpBias = family == "llama" && random.Next(4) == 0,
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
    /// Weights determined by seed and name, exact in F16, of the scale of the reference families' generator: attention is far from
    /// uniform, logits have a standard deviation of about 2, and each subblock adds about as much as the residual stream holds.
    /// </summary>
    /// <param name="config">The architecture.</param>
    /// <param name="seed">Of the weights.</param>
    public static ReadTensor Weights(ModelConfig config, int seed)
    {
        var exact = Unrounded(config, seed);
        return (name, values) =>
        {
            exact(name, values);
            for (var i = 0; i < values.Length; i++)
                values[i] = (float)(Half)values[i];
        };
    }

    /// <summary>The same before they are rounded to F16.</summary>
    public static ReadTensor Unrounded(ModelConfig config, int seed)
    {
        var shapes = WeightLayout.Of(config).ToDictionary(tensor => tensor.Name, tensor => tensor.Shape);
        return (name, values) =>
        {
            var random = new Random(name.Aggregate(seed, (hash, c) => unchecked((hash * 31) + c)));
            var columns = shapes[name].Length > 1 ? shapes[name][1] : 0;
            var scale = name.Contains("q_proj", StringComparison.Ordinal) || name.Contains("k_proj", StringComparison.Ordinal) ? 1.6
                : name == WeightLayout.Embedding ? 0.35 * Math.Sqrt(columns) : name == WeightLayout.Head ? 2.0 : 0.9;
            var isBias = name.EndsWith(".bias", StringComparison.Ordinal);
            for (var i = 0; i < values.Length; i++)
            {
                var normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
                values[i] = (float)(isBias ? 0.4 * normal : columns == 0 ? 1 + (0.3 * normal) : normal * scale / Math.Sqrt(columns));
            }
        };
    }
}
