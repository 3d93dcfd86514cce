using Puzzle.Core.Models;
using Puzzle.Core.Variants;
using static TorchSharp.torch;

namespace Puzzle.Serving.Tests.Engine;

/// <summary>Random architectures of every mix of variants, with random weights.</summary>
internal static class RandomModels
{
    public static Transformer Create(Random random)
    {
        T Any<T>(params T[] choices) => choices[random.Next(choices.Length)];
        var layers = Enumerable.Range(0, random.Next(1, 5)).Select(_ => new LayerSpec(
            Any<Func<AttentionSpec>>(
                () => new GroupedQuerySpec(Any(1, 2, 4, 8)),
                () => new GroupedQuerySpec(Any(1, 2, 4, 8)),
                () => new GroupedQuerySpec(Any(1, 4), Any(1, 3, 20, 40, 200), Any(0, 0, 1, 5, 50)),
                () => new LinearAttentionSpec(),
                () => new NoOpAttentionSpec())(),
            Any<Func<FeedForwardSpec>>(
                () => new SwiGluSpec(Any(8, 24, 64, 100)),
                () => new SwiGluSpec(Any(8, 24, 64, 100)),
                () => new LinearFeedForwardSpec(),
                () => new NoOpFeedForwardSpec())())).ToArray();
        var (biases, tied) = (random.Next(3) == 0, random.Next(2) == 0);
        var config = TinyModel.Config(layers) with
        {
            HiddenSize = Any(32, 48),
            HeadDim = Any(4, 20, 32, 40),
            QkvBias = biases,
            OutputBias = biases,
            MlpBias = biases,
            QkNorm = random.Next(3) == 0,
            TieWordEmbeddings = tied,
            RopeScaling = random.Next(2) == 0 ? null : new RopeScaling("llama3", 8, 1, 4, 64),
        };
        return TinyModel.Create(config, random.Next(), tied);
    }

    /// <summary>Greedy continuation without any cache, one prompt alone; stops before the first step that two tokens nearly tie in.</summary>
    public static List<int> Greedy(Transformer model, IEnumerable<int> prompt, int count)
    {
        using var noGrad = no_grad();
        var ids = prompt.ToList();
        var start = ids.Count;
        while (ids.Count < start + count)
        {
            using var scope = NewDisposeScope();
            var (values, indices) = model.Forward(tensor(ids.Select(id => (long)id).ToArray()).unsqueeze(0))[0, -1].topk(2);
            if (values[0].item<float>() - values[1].item<float>() < 1e-3)
                break;
            ids.Add((int)indices[0].item<long>());
        }

        return ids[start..];
    }
}
