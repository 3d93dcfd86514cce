using Puzzle.Core.Errors;
using Puzzle.Core.Models;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Checkpoints;

/// <summary>
/// Writes a child as a GGUF file for llama.cpp: the family's own architecture where all layers are alike, else deci, with
/// per-layer arrays. Where llama.cpp would skip a layer's attention together with its missing feed-forward network, an
/// all-zero network stands in; what it cannot compute is refused by name.
/// </summary>
public static class GgufExport
{
    /// <param name="path">Replaced if it exists.</param>
    /// <param name="config">The child's architecture.</param>
    /// <param name="read">The child's weights under the names of <see cref="WeightLayout"/>.</param>
    /// <exception cref="RecipeException">llama.cpp cannot run this child; the message names the layer and why.</exception>
    /// <exception cref="BadInputException">A weight is NaN or infinite, or does not fit F16.</exception>
    public static void Write(string path, ModelConfig config, ReadTensor read, GgufExportOptions? options = null)
    {
        options ??= new();
        if (!Quantizer.Writes(options.Type))
            throw new RecipeException($"{options.Type} is not written; write F16 and run: llama-quantize CHILD-F16.gguf CHILD-{options.Type}.gguf {options.Type}");
        if (options.KeepsRules && Problem(config) is { } problem)
            throw new RecipeException($"not for llama.cpp: {problem}");
        var family = ModelFamily.Find(config.Family)!;
        var own = HasOwnForm(config, family);
        var standIns = options.KeepsRules ? StandIns(config) : [];
        var written = config with { Layers = [.. config.Layers.Select((layer, i) => standIns.Contains(i) ? layer with { FeedForward = new SwiGluSpec(options.StandInWidth) } : layer)] };
        var layout = WeightLayout.Of(written).ToDictionary(tensor => GgufNames.ToGguf(tensor.Name));
        List<TensorInfo> tensors = [.. layout.Select(pair => new TensorInfo(pair.Key, TypeOf(pair.Key, pair.Value.Shape, config, options.Type), pair.Value.Shape))];
        var factors = config.RopeScaling is { Type: "llama3" } ? Llama3Factors.Compute(config.RopeScaling, config.RopeTheta, config.HeadDim) : null;
        if (factors is not null)
            tensors.Insert(0, new(GgufNames.RopeFactors, StoredType.F32, [factors.Length]));
        var interleaved = !own || family.GgufInterleavesRope;
        GgufWriter.Write(path, GgufKeys.Of(written, own ? family.GgufArchitecture : GgufConfig.Deci, family, standIns, options), tensors, (name, values) =>
        {
            if (name == GgufNames.RopeFactors)
                factors.CopyTo(values);
            else
                Fill(layout[name].Name, layout[name].Shape, config, standIns, interleaved, read, values);
        });
    }

    /// <summary>Why llama.cpp cannot run an architecture, or null where it can.</summary>
    public static string? Problem(ModelConfig config)
    {
        for (var i = 0; i < config.Layers.Count; i++)
        {
            var (attention, feedForward) = config.Layers[i];
            if (attention is GroupedQuerySpec { Window: not null })
                return $"layer {i} has a sliding window, which neither llama nor deci has; use a full attention";
            if (feedForward is LinearFeedForwardSpec)
                return $"layer {i} has a linear feed-forward network, which deci does not have; use a small SwiGLU, or turn it into one: export.linear_ffn: distill in a recipe, --distill-linear TEXT on the command line";
            if (attention is LinearAttentionSpec && feedForward is NoOpFeedForwardSpec)
                return $"layer {i} has a linear attention without a feed-forward network, which deci skips";
        }

        if (config.Layers[0].Attention is NoOpAttentionSpec)
            return "layer 0 has no attention, but llama.cpp reads the head sizes from it";
        if (!config.Layers.Any(layer => layer.Attention is GroupedQuerySpec))
            return "layer 0 and all others have no grouped-query attention, without which llama.cpp refuses RoPE's factors";
        return config.QkNorm && !HasOwnForm(config, ModelFamily.Find(config.Family)!) ? "deci has no norms of q and k; use layers that are all alike" : null;
    }

    // The family's own architecture instead of deci.
    private static bool HasOwnForm(ModelConfig config, ModelFamily family) =>
        config.Layers[0] is { Attention: GroupedQuerySpec, FeedForward: SwiGluSpec } && config.Layers.All(layer => layer == config.Layers[0])
        && (!family.GgufHeadsShareHidden || config.Heads * config.HeadDim == config.HiddenSize);

    /// <summary>Layers without a feed-forward network whose attention deci would lose, and the last layer, where it would lose the output.</summary>
    private static HashSet<int> StandIns(ModelConfig config) =>
        [.. Enumerable.Range(0, config.Layers.Count).Where(i => config.Layers[i].FeedForward is NoOpFeedForwardSpec
            && (config.Layers[i].Attention is not NoOpAttentionSpec || i == config.Layers.Count - 1))];

    // Norms and biases stay F32; the output matrix keeps 8 bits at least; a row that blocks do not divide becomes F16.
    private static StoredType TypeOf(string name, long[] shape, ModelConfig config, StoredType type)
    {
        if (shape.Length == 1)
            return StoredType.F32;
        if (type == StoredType.Q4_0 && name == GgufNames.ToGguf(config.TieWordEmbeddings ? WeightLayout.Embedding : WeightLayout.Head))
            type = StoredType.Q8_0;
        return shape[^1] % GgufType.Find(type)!.BlockSize == 0 ? type : StoredType.F16;
    }

    private static void Fill(string name, long[] shape, ModelConfig config, HashSet<int> standIns, bool interleaved, ReadTensor read, Span<float> values)
    {
        if (name.Split('.', 4) is ["model", "layers", var layer, var module] && standIns.Contains(int.Parse(layer))
            && (module.StartsWith("mlp.", StringComparison.Ordinal) || module == "post_attention_layernorm.weight"))
        {
            values.Fill(module.StartsWith("mlp.", StringComparison.Ordinal) ? 0 : 1);
            return;
        }

        if (!interleaved || !RopePairs.Turns(name))
        {
            read(name, values);
            return;
        }

        var halves = new float[values.Length];
        read(name, halves);
        var columns = shape.Length > 1 ? (int)shape[1] : 1;
        for (var row = 0; row < halves.Length / columns; row++)
            halves.AsSpan(row * columns, columns).CopyTo(values[((int)RopePairs.InterleavedRow(row, config.HeadDim) * columns)..]);
    }
}
