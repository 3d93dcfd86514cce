using System.Text.Json;
using CsCheck;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Models;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Tests.Checkpoints;

/// <summary>Random small architectures and their weights.</summary>
internal static class ArchitectureSamples
{
    private static readonly Gen<AttentionSpec> AnyAttention = Gen.OneOf(
        Gen.OneOf(1, 2, 4, 8).Select(kv => (AttentionSpec)new GroupedQuerySpec(kv)),
        Gen.OneOf<AttentionSpec>(new LinearAttentionSpec(), new NoOpAttentionSpec()));

    private static readonly Gen<AttentionSpec> WindowedAttention = Gen.Select(
        Gen.OneOf(1, 2, 4, 8), Gen.Int[1, 64], Gen.Int[0, 4], (kv, window, sinks) => (AttentionSpec)new GroupedQuerySpec(kv, window, sinks));

    /// <summary>Children that nemotron-nas can say: all variants, windows, any width.</summary>
    public static readonly Gen<ModelConfig> NemotronNas = Of(
        Gen.Frequency((3, AnyAttention), (1, WindowedAttention)),
        Gen.OneOf(Gen.Int[1, 5].Select(n => (FeedForwardSpec)new SwiGluSpec(256 * n)), Gen.Int[1, 300].Select(n => (FeedForwardSpec)new SwiGluSpec(n)),
            Gen.OneOf<FeedForwardSpec>(new LinearFeedForwardSpec(), new NoOpFeedForwardSpec())));

    /// <summary>Children without linears and windows, which inflated forms and vLLM's AnyModel can say.</summary>
    public static readonly Gen<ModelConfig> WithoutLinears = Of(
        Gen.OneOf(Gen.OneOf(1, 2, 4, 8).Select(kv => (AttentionSpec)new GroupedQuerySpec(kv)), Gen.Const<AttentionSpec>(new NoOpAttentionSpec())),
        Gen.OneOf(Gen.Int[1, 100].Select(n => (FeedForwardSpec)new SwiGluSpec(n)), Gen.Const<FeedForwardSpec>(new NoOpFeedForwardSpec())));

    /// <summary>The architecture as text, for comparing by value.</summary>
    public static string Text(this ModelConfig config) => JsonSerializer.Serialize(config);

    /// <summary>Weights that a seed and the name determine, exactly representable in BF16 and F16.</summary>
    public static ReadTensor Weights(int seed) => (name, values) =>
    {
        var state = (uint)seed * 2654435761;
        foreach (var c in name)
            state = (state ^ c) * 16777619;
        for (var i = 0; i < values.Length; i++)
        {
            state = state * 1664525 + 1013904223;
            values[i] = ((int)(state >> 24) - 128) / 64f;
        }
    };

    private static Gen<ModelConfig> Of(Gen<AttentionSpec> attention, Gen<FeedForwardSpec> feedForward) => Gen.Select(
        Gen.Select(attention, feedForward, (a, f) => new LayerSpec(a, f)).List[1, 5],
        Gen.OneOf(32, 48),
        Gen.OneOf(4, 6),
        Gen.Bool, Gen.Bool,
        Gen.OneOf<RopeScaling?>(null, new RopeScaling("linear", 4), new RopeScaling("llama3", 8, 1, 4, 64)),
        Gen.OneOf(1e-5, 1e-6),
        (layers, hidden, headDim, tied, biased, scaling, eps) => new ModelConfig
        {
            Family = "llama",
            HiddenSize = hidden,
            VocabSize = 64,
            Heads = 8,
            HeadDim = headDim,
            Layers = layers,
            TieWordEmbeddings = tied,
            QkvBias = biased,
            OutputBias = biased,
            MlpBias = biased,
            RopeScaling = scaling,
            RmsNormEps = eps,
            RopeTheta = 500000,
            MaxPositionEmbeddings = 1024,
            BosTokenId = 1,
            EosTokenIds = tied ? [2] : [2, 5],
        });
}
