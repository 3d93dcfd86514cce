using Puzzle.Core.Errors;
using Puzzle.Core.Models;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Checkpoints;

/// <summary>
/// Writes a child's function in larger, equal layers: KV rows repeated, widths filled up with zeros, and all-zero output
/// matrices for no-ops. Exact but for nothing: every added term is a product with zero.
/// </summary>
public static class Inflation
{
    /// <param name="config">The child.</param>
    /// <param name="read">Its weights.</param>
    /// <param name="shape">KV heads and width of all layers; null: the largest of the child's, or as many KV heads as heads where those do not divide.</param>
    /// <exception cref="RecipeException">A linear subblock, which has no such form, or a shape that is too small.</exception>
    public static (ModelConfig Config, ReadTensor Read) Inflate(ModelConfig config, ReadTensor read, (int KvHeads, int IntermediateSize)? shape = null)
    {
        var kvHeads = config.Layers.Select(layer => layer.Attention).OfType<GroupedQuerySpec>().Select(attention => attention.KvHeads).ToList();
        var widths = config.Layers.Select(layer => layer.FeedForward).OfType<SwiGluSpec>().Select(feedForward => feedForward.IntermediateSize).ToList();
        var largest = kvHeads.DefaultIfEmpty(1).Max();
        var (targetKv, targetWidth) = shape ?? (kvHeads.All(count => largest % count == 0) ? largest : config.Heads, widths.DefaultIfEmpty(1).Max());
        if (kvHeads.Exists(count => targetKv % count != 0) || config.Heads % targetKv != 0)
            throw new RecipeException($"{targetKv} KV heads cannot hold layers of {string.Join(", ", kvHeads.Distinct().Order())} KV heads");
        if (widths.Exists(width => width > targetWidth))
            throw new RecipeException($"a width of {targetWidth} cannot hold a layer of width {widths.Max()}");
        List<LayerSpec> layers = [];
        for (var i = 0; i < config.Layers.Count; i++)
        {
            var layer = config.Layers[i];
            if (layer.Attention is LinearAttentionSpec || layer.FeedForward is LinearFeedForwardSpec)
                throw new RecipeException($"layer {i} is {layer}: a linear subblock has no plain form");
            layers.Add(new(
                layer.Attention is GroupedQuerySpec attention ? attention with { KvHeads = targetKv } : new GroupedQuerySpec(targetKv, UniformWindow(config)),
                new SwiGluSpec(targetWidth)));
        }

        return (config with { Layers = layers }, Reader(config, targetKv, targetWidth, read));
    }

    /// <summary>Fills feed-forward widths up to multiples of a number.</summary>
    public static (ModelConfig Config, ReadTensor Read) PadWidths(ModelConfig config, ReadTensor read, int multiple)
    {
        var padded = config with
        {
            Layers = [.. config.Layers.Select(layer => layer.FeedForward is SwiGluSpec { IntermediateSize: var width }
                ? layer with { FeedForward = new SwiGluSpec((width + multiple - 1) / multiple * multiple) }
                : layer)],
        };
        return (padded, (name, values) =>
        {
            if (Parts(name) is { } parts && parts.Module.StartsWith("mlp.", StringComparison.Ordinal) && config.Layers[parts.Layer].FeedForward is SwiGluSpec { IntermediateSize: var width })
                ReadPadded(name, parts.Module, config.HiddenSize, width, ((SwiGluSpec)padded.Layers[parts.Layer].FeedForward).IntermediateSize, read, values);
            else
                read(name, values);
        }
        );
    }

    // A layer that never was attention may take whatever window the others have.
    private static int? UniformWindow(ModelConfig config) => config.Layers.Select(layer => layer.Attention).OfType<GroupedQuerySpec>().FirstOrDefault()?.Window;

    private static ReadTensor Reader(ModelConfig config, int kvHeads, int width, ReadTensor read) => (name, values) =>
    {
        if (Parts(name) is not { } parts)
        {
            read(name, values);
            return;
        }

        var (layer, module) = parts;
        var isAttention = module.StartsWith("self_attn.", StringComparison.Ordinal) || module == "input_layernorm.weight";
        if (isAttention ? config.Layers[layer].Attention is NoOpAttentionSpec : config.Layers[layer].FeedForward is NoOpFeedForwardSpec)
            values.Fill(module.Contains("norm", StringComparison.Ordinal) ? 1 : 0);
        else if (module.StartsWith("self_attn.k_proj", StringComparison.Ordinal) || module.StartsWith("self_attn.v_proj", StringComparison.Ordinal))
            ReadRepeated(name, ((GroupedQuerySpec)config.Layers[layer].Attention).KvHeads, kvHeads, read, values);
        else if (module.StartsWith("mlp.", StringComparison.Ordinal))
            ReadPadded(name, module, config.HiddenSize, ((SwiGluSpec)config.Layers[layer].FeedForward).IntermediateSize, width, read, values);
        else
            read(name, values);
    };

    // KV head j of a layer with k heads serves the query heads that the heads j * n/k .. (j + 1) * n/k - 1 of n serve.
    private static void ReadRepeated(string name, int from, int to, ReadTensor read, Span<float> values)
    {
        var head = values.Length / to;
        var source = new float[head * from];
        read(name, source);
        for (var i = 0; i < to; i++)
            source.AsSpan(i / (to / from) * head, head).CopyTo(values[(i * head)..]);
    }

    private static void ReadPadded(string name, string module, int hidden, int from, int to, ReadTensor read, Span<float> values)
    {
        var down = module.StartsWith("mlp.down_proj", StringComparison.Ordinal);
        if (from == to || module == "mlp.down_proj.bias")
        {
            read(name, values);
            return;
        }

        values.Clear();
        if (!down)
        {
            // Further rows of gate and up (or entries of their biases) are zero.
            read(name, values[..(values.Length / to * from)]);
            return;
        }

        var source = new float[hidden * from];
        read(name, source);
        for (var row = 0; row < hidden; row++)
            source.AsSpan(row * from, from).CopyTo(values[(row * to)..]);
    }

    private static (int Layer, string Module)? Parts(string name) =>
        name.Split('.', 4) is ["model", "layers", var layer, var module] ? (int.Parse(layer), module) : null;
}
