using Puzzle.Core.Checkpoints;
using Puzzle.Core.Models;
using Puzzle.Core.Variants;
using Puzzle.Serving.Kernels;

namespace Puzzle.Serving.Engine;

/// <summary>Reads a layer's tensors and packs them.</summary>
internal sealed class PackedReader(ModelConfig config, ReadTensor read, WeightType type)
{
    public PackedAttention Attention(int layer)
    {
        var prefix = $"model.layers.{layer}.";
        var spec = config.Layers[layer].Attention;
        var hidden = config.HiddenSize;
        switch (spec)
        {
            case GroupedQuerySpec grouped:
                var (queries, keys) = (config.Heads * config.HeadDim, grouped.KvHeads * config.HeadDim);
                return new PackedAttention(
                    spec,
                    Vector($"{prefix}input_layernorm.weight", hidden),
                    Matrix($"{prefix}self_attn.", ["q_proj", "k_proj", "v_proj"], [queries, keys, keys], hidden, config.QkvBias),
                    Matrix($"{prefix}self_attn.", ["o_proj"], [hidden], queries, config.OutputBias),
                    config.QkNorm ? Vector($"{prefix}self_attn.q_norm.weight", config.HeadDim) : null,
                    config.QkNorm ? Vector($"{prefix}self_attn.k_norm.weight", config.HeadDim) : null);
            case LinearAttentionSpec:
                return new PackedAttention(spec, Vector($"{prefix}input_layernorm.weight", hidden), Matrix($"{prefix}self_attn.", ["linear_attn"], [hidden], hidden, bias: false));
            default:
                return new PackedAttention(spec);
        }
    }

    public PackedFeedForward FeedForward(int layer)
    {
        var prefix = $"model.layers.{layer}.";
        var spec = config.Layers[layer].FeedForward;
        var hidden = config.HiddenSize;
        return spec switch
        {
            SwiGluSpec { IntermediateSize: var width } => new PackedFeedForward(
                spec,
                Vector($"{prefix}post_attention_layernorm.weight", hidden),
                Matrix($"{prefix}mlp.", ["gate_proj", "up_proj"], [width, width], hidden, config.MlpBias, gated: true),
                Matrix($"{prefix}mlp.", ["down_proj"], [hidden], width, config.MlpBias)),
            LinearFeedForwardSpec => new PackedFeedForward(spec, Vector($"{prefix}post_attention_layernorm.weight", hidden), Matrix($"{prefix}mlp.", ["linear_mlp"], [hidden], hidden, bias: false)),
            _ => new PackedFeedForward(spec),
        };
    }

    public NativeBuffer Vector(string name, int count) => NativeBuffer.Of(Values(name, count));

    public float[] Values(string name, long count)
    {
        var values = new float[count];
        read(name, values);
        return values;
    }

    private PackedMatrix Matrix(string prefix, string[] names, int[] rows, int columns, bool bias, bool gated = false)
    {
        var weights = new float[(long)rows.Sum() * columns];
        var biases = new float[bias ? rows.Sum() : 0];
        var at = 0;
        for (var i = 0; i < names.Length; i++)
        {
            read($"{prefix}{names[i]}.weight", weights.AsSpan(at * columns, rows[i] * columns));
            if (bias)
                read($"{prefix}{names[i]}.bias", biases.AsSpan(at, rows[i]));
            at += rows[i];
        }

        return new PackedMatrix(weights, columns, biases, type, gated);
    }
}
