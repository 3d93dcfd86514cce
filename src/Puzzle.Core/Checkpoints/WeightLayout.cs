using Puzzle.Core.Models;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Checkpoints;

/// <summary>
/// The tensors that an architecture needs: Hugging Face names (nemotron-nas names for linear subblocks) and shapes,
/// slowest dimension first, in the order in which they are written.
/// </summary>
public static class WeightLayout
{
    public const string Embedding = "model.embed_tokens.weight";
    public const string FinalNorm = "model.norm.weight";

    /// <summary>The output matrix; has no tensor of its own where the embedding is tied.</summary>
    public const string Head = "lm_head.weight";

    /// <summary>All tensors, the head left out where it is tied to the embedding.</summary>
    public static IEnumerable<(string Name, long[] Shape)> Of(ModelConfig config)
    {
        yield return (Embedding, [config.VocabSize, config.HiddenSize]);
        for (var i = 0; i < config.Layers.Count; i++)
        {
            foreach (var tensor in Attention(config, i).Concat(FeedForward(config, i)))
                yield return tensor;
        }

        yield return (FinalNorm, [config.HiddenSize]);
        if (!config.TieWordEmbeddings)
            yield return (Head, [config.VocabSize, config.HiddenSize]);
    }

    /// <summary>The tensors of one layer's attention, its norm included.</summary>
    public static IEnumerable<(string Name, long[] Shape)> Attention(ModelConfig config, int layer)
    {
        var prefix = $"model.layers.{layer}.";
        long hidden = config.HiddenSize, headDim = config.HeadDim, rows = config.Heads * headDim;
        switch (config.Layers[layer].Attention)
        {
            case GroupedQuerySpec attention:
                var kvRows = attention.KvHeads * headDim;
                yield return ($"{prefix}input_layernorm.weight", [hidden]);
                foreach (var tensor in Linear($"{prefix}self_attn.q_proj", rows, hidden, config.QkvBias)
                    .Concat(Linear($"{prefix}self_attn.k_proj", kvRows, hidden, config.QkvBias))
                    .Concat(Linear($"{prefix}self_attn.v_proj", kvRows, hidden, config.QkvBias))
                    .Concat(Linear($"{prefix}self_attn.o_proj", hidden, rows, config.OutputBias)))
                    yield return tensor;
                if (config.QkNorm)
                {
                    yield return ($"{prefix}self_attn.q_norm.weight", [headDim]);
                    yield return ($"{prefix}self_attn.k_norm.weight", [headDim]);
                }

                break;
            case LinearAttentionSpec:
                yield return ($"{prefix}input_layernorm.weight", [hidden]);
                yield return ($"{prefix}self_attn.linear_attn.weight", [hidden, hidden]);
                break;
        }
    }

    /// <summary>The tensors of one layer's feed-forward network, its norm included.</summary>
    public static IEnumerable<(string Name, long[] Shape)> FeedForward(ModelConfig config, int layer)
    {
        var prefix = $"model.layers.{layer}.";
        long hidden = config.HiddenSize;
        switch (config.Layers[layer].FeedForward)
        {
            case SwiGluSpec { IntermediateSize: var width }:
                yield return ($"{prefix}post_attention_layernorm.weight", [hidden]);
                foreach (var tensor in Linear($"{prefix}mlp.gate_proj", width, hidden, config.MlpBias)
                    .Concat(Linear($"{prefix}mlp.up_proj", width, hidden, config.MlpBias))
                    .Concat(Linear($"{prefix}mlp.down_proj", hidden, width, config.MlpBias)))
                    yield return tensor;
                break;
            case LinearFeedForwardSpec:
                yield return ($"{prefix}post_attention_layernorm.weight", [hidden]);
                yield return ($"{prefix}mlp.linear_mlp.weight", [hidden, hidden]);
                break;
        }
    }

    private static IEnumerable<(string Name, long[] Shape)> Linear(string name, long rows, long columns, bool bias)
    {
        yield return ($"{name}.weight", [rows, columns]);
        if (bias)
            yield return ($"{name}.bias", [rows]);
    }
}
