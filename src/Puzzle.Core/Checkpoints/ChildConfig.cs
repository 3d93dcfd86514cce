using System.Globalization;
using System.Text.Json.Nodes;
using Puzzle.Core.Errors;
using Puzzle.Core.Models;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Checkpoints;

/// <summary>Writes <c>config.json</c> in each <see cref="ChildFormat"/>, and refuses by name what a format cannot say.</summary>
internal static class ChildConfig
{
    public static JsonObject Write(ModelConfig config, ChildFolderOptions options)
    {
        var family = ModelFamily.Find(config.Family) ?? throw new ArgumentException($"unknown family {config.Family}");
        return options.Format switch
        {
            ChildFormat.NemotronNas => NemotronNas(config, options),
            ChildFormat.AnyModel => AnyModel(config, family, options),
            ChildFormat.AnyModelVllm => AnyModelVllm(config, family, options),
            _ => Plain(config, family, options),
        };
    }

    /// <summary>One id, a list of ids, or null.</summary>
    public static JsonNode? Ends(ModelConfig config) => config.EosTokenIds switch
    {
        [] => null,
        [var only] => only,
        var ids => new JsonArray([.. ids.Select(id => (JsonNode)id)]),
    };

    private static JsonObject Plain(ModelConfig config, ModelFamily family, ChildFolderOptions options)
    {
        for (var i = 0; i < config.Layers.Count; i++)
        {
            var (attention, feedForward) = config.Layers[i];
            if (attention is not GroupedQuerySpec || feedForward is not SwiGluSpec)
                throw Refuse(config, i, family.Architecture, attention is GroupedQuerySpec ? feedForward : attention);
            if (((GroupedQuerySpec)attention).KvHeads != ((GroupedQuerySpec)config.Layers[0].Attention).KvHeads || feedForward != config.Layers[0].FeedForward)
                throw Refuse(config, i, $"{family.Architecture}, whose layers are all alike,", feedForward != config.Layers[0].FeedForward ? feedForward : attention);
        }

        var json = Common(config, family, options);
        json["num_key_value_heads"] = ((GroupedQuerySpec)config.Layers[0].Attention).KvHeads;
        json["intermediate_size"] = ((SwiGluSpec)config.Layers[0].FeedForward).IntermediateSize;
        return json;
    }

    private static JsonObject AnyModel(ModelConfig config, ModelFamily family, ChildFolderOptions options)
    {
        var json = Common(config, family, options);
        json["num_key_value_heads"] = Math.Max(1, config.MaxKvHeads);
        json["intermediate_size"] = LargestWidth(config);
        json["block_configs"] = new JsonArray([.. config.Layers.Select(layer => (JsonNode)new JsonObject
        {
            ["attention"] = new JsonObject
            {
                ["no_op"] = layer.Attention is NoOpAttentionSpec,
                ["replace_with_linear"] = layer.Attention is LinearAttentionSpec,
                ["sparsify"] = null,
                ["weights_precision"] = "bf16",
                ["num_key_value_heads"] = (layer.Attention as GroupedQuerySpec)?.KvHeads,
                ["llama4"] = null,
                ["mamba"] = null,
            },
            ["ffn"] = new JsonObject
            {
                ["no_op"] = layer.FeedForward is NoOpFeedForwardSpec,
                ["replace_with_linear"] = layer.FeedForward is LinearFeedForwardSpec,
                ["sparsify"] = null,
                ["weights_precision"] = "bf16",
                ["intermediate_size"] = (layer.FeedForward as SwiGluSpec)?.IntermediateSize,
                ["moe"] = null,
            },
            ["parallel_blocks"] = null,
        })]);
        return json;
    }

    private static JsonObject AnyModelVllm(ModelConfig config, ModelFamily family, ChildFolderOptions options)
    {
        var json = Common(config, family, options);
        json["architectures"] = new JsonArray("AnyModel");
        json["base_architecture"] = family.Architecture;
        var (kvHeads, width) = (Math.Max(1, config.MaxKvHeads), LargestWidth(config));
        json["num_key_value_heads"] = kvHeads;
        json["intermediate_size"] = width;
        var layers = new JsonObject();
        for (var i = 0; i < config.Layers.Count; i++)
        {
            var entry = new JsonObject();
            var (attention, feedForward) = config.Layers[i];
            if (attention is LinearAttentionSpec || feedForward is LinearFeedForwardSpec)
                throw Refuse(config, i, "vLLM's AnyModel", attention is LinearAttentionSpec ? attention : feedForward);
            if (attention is GroupedQuerySpec gqa && gqa.KvHeads != kvHeads)
                entry["num_key_value_heads"] = gqa.KvHeads;
            if (feedForward is SwiGluSpec swiGlu && swiGlu.IntermediateSize != width)
                entry["intermediate_size"] = swiGlu.IntermediateSize;
            string[] skip = [.. attention is NoOpAttentionSpec ? ["attention"] : Array.Empty<string>(), .. feedForward is NoOpFeedForwardSpec ? ["mlp"] : Array.Empty<string>()];
            if (skip.Length > 0)
                entry["skip"] = new JsonArray([.. skip.Select(part => (JsonNode)part)]);
            if (entry.Count > 0)
                layers[i.ToString(CultureInfo.InvariantCulture)] = entry;
        }

        json["per_layer_config"] = layers;
        return json;
    }

    private static JsonObject NemotronNas(ModelConfig config, ChildFolderOptions options)
    {
        if (config.QkNorm)
            throw new RecipeException($"nemotron-nas has no norms of q and k, which {config.Family} needs; use anymodel or inflated");
        var json = Common(config, null, options);
        json["architectures"] = new JsonArray("DeciLMForCausalLM");
        json["model_type"] = "nemotron-nas";
        json["auto_map"] = new JsonObject
        {
            ["AutoConfig"] = $"{options.CodeRepository}--configuration_decilm.DeciLMConfig",
            ["AutoModelForCausalLM"] = $"{options.CodeRepository}--modeling_decilm.DeciLMForCausalLM",
        };
        json["num_key_value_heads"] = null;
        json["intermediate_size"] = null;
        if (config.HeadDim * config.Heads == config.HiddenSize)
            json.Remove("head_dim");
        if (config.Family != "llama")
        {
            json["sliding_window"] = null;
            json["puzzle"] = new JsonObject { ["family"] = config.Family };
        }

        json["block_configs"] = new JsonArray([.. config.Layers.Select((layer, i) => (JsonNode)new JsonObject
        {
            ["attention"] = NemotronAttention(config, layer.Attention),
            ["ffn"] = NemotronFeedForward(config, i, options.OddWidths),
        })]);
        return json;
    }

    private static JsonObject NemotronAttention(ModelConfig config, AttentionSpec spec)
    {
        var attention = spec as GroupedQuerySpec;
        var sinks = attention is { Sinks: > 0 };
        return new()
        {
            ["n_heads_in_group"] = attention is null ? null : config.Heads / attention.KvHeads,
            ["no_op"] = spec is NoOpAttentionSpec,
            ["replace_with_linear"] = spec is LinearAttentionSpec,
            ["num_sink_tokens"] = sinks ? attention!.Sinks : null,
            ["window_length"] = attention?.Window,
            ["sparsify"] = null,
            // Sinks keep their positions, and a prompt sees the same window as generation does.
            ["unshifted_sink"] = sinks,
            ["use_prefill_window_in_sink_attention"] = sinks,
        };
    }

    private static JsonObject NemotronFeedForward(ModelConfig config, int layer, OddWidths odd)
    {
        var width = (config.Layers[layer].FeedForward as SwiGluSpec)?.IntermediateSize;
        var multiplier = width is null ? null : FfnMultiplier.FromWidth(width.Value, config.HiddenSize);
        if (width is not null && multiplier is null && odd == OddWidths.Refuse)
        {
            var below = width.Value / FfnMultiplier.Multiple * FfnMultiplier.Multiple;
            throw new RecipeException($"layer {layer}: ffn_mult cannot say a width of {width}; {(below > 0 ? $"{below} or " : "")}{below + FfnMultiplier.Multiple} would fit");
        }

        return new()
        {
            ["ffn_mult"] = multiplier,
            ["intermediate_size"] = width,
            ["no_op"] = config.Layers[layer].FeedForward is NoOpFeedForwardSpec,
            ["replace_with_linear"] = config.Layers[layer].FeedForward is LinearFeedForwardSpec,
            ["sparsify"] = null,
        };
    }

    /// <summary>What all formats share; without a family, windows and biases are left to the caller's format.</summary>
    private static JsonObject Common(ModelConfig config, ModelFamily? family, ChildFolderOptions options)
    {
        var json = new JsonObject
        {
            ["architectures"] = family is null ? null : new JsonArray(family.Architecture),
            ["model_type"] = family?.Name,
            ["vocab_size"] = config.VocabSize,
            ["hidden_size"] = config.HiddenSize,
            ["intermediate_size"] = null,
            ["num_hidden_layers"] = config.Layers.Count,
            ["num_attention_heads"] = config.Heads,
            ["num_key_value_heads"] = null,
            ["head_dim"] = config.HeadDim,
            ["hidden_act"] = "silu",
            ["max_position_embeddings"] = config.MaxPositionEmbeddings,
            ["initializer_range"] = 0.02,
            ["rms_norm_eps"] = config.RmsNormEps,
            ["rope_theta"] = config.RopeTheta,
            ["rope_scaling"] = Scaling(config.RopeScaling),
            ["tie_word_embeddings"] = config.TieWordEmbeddings,
            ["attention_dropout"] = 0.0,
            ["bos_token_id"] = config.BosTokenId,
            ["eos_token_id"] = Ends(config),
            ["use_cache"] = true,
            ["torch_dtype"] = options.Type switch { StoredType.F16 => "float16", StoredType.BF16 => "bfloat16", _ => "float32" },
        };
        if (family is null || family.HasAttentionBiasFlag)
            json["attention_bias"] = config.QkvBias || config.OutputBias;
        if (family is null || family.HasMlpBiasFlag)
            json["mlp_bias"] = config.MlpBias;
        if (family is not null)
            SlidingWindows(json, config, family);
        return json;
    }

    private static void SlidingWindows(JsonObject json, ModelConfig config, ModelFamily family)
    {
        List<int?> windows = [.. config.Layers.Select(layer => (layer.Attention as GroupedQuerySpec)?.Window)];
        var live = config.Layers.Select((layer, i) => (layer, i)).Where(pair => pair.layer.Attention is GroupedQuerySpec).Select(pair => windows[pair.i]).Distinct().ToList();
        for (var i = 0; i < windows.Count; i++)
        {
            if (config.Layers[i].Attention is GroupedQuerySpec { Sinks: > 0 } attention)
                throw Refuse(config, i, family.Architecture, attention);
        }

        var window = live.OfType<int>().Distinct().ToList();
        var allowed = family.SlidingWindow switch
        {
            SlidingWindowRule.None => window.Count == 0,
            SlidingWindowRule.EveryLayer => live.Count <= 1,
            _ => window.Count <= 1,
        };
        if (!allowed)
        {
            var layer = windows.FindIndex(w => w is not null);
            throw Refuse(config, layer, family.Architecture, config.Layers[layer].Attention);
        }

        if (family.SlidingWindow == SlidingWindowRule.None)
            return;
        json["sliding_window"] = window is [var size] ? size : null;
        if (family.SlidingWindow != SlidingWindowRule.FromMaxWindowLayers)
            return;
        var first = windows.FindIndex(w => w is not null);
        json["use_sliding_window"] = first >= 0;
        json["max_window_layers"] = first >= 0 ? first : windows.Count;
        json["layer_types"] = new JsonArray([.. windows.Select(w => (JsonNode)(w is null ? "full_attention" : "sliding_attention"))]);
    }

    private static JsonObject? Scaling(RopeScaling? scaling) => scaling switch
    {
        null => null,
        { Type: "linear" } => new() { ["rope_type"] = "linear", ["type"] = "linear", ["factor"] = scaling.Factor },
        _ => new()
        {
            ["rope_type"] = scaling.Type,
            ["factor"] = scaling.Factor,
            ["low_freq_factor"] = scaling.LowFreqFactor,
            ["high_freq_factor"] = scaling.HighFreqFactor,
            ["original_max_position_embeddings"] = scaling.OriginalMaxPositionEmbeddings,
        },
    };

    private static int LargestWidth(ModelConfig config) => config.Layers.Max(layer => (layer.FeedForward as SwiGluSpec)?.IntermediateSize ?? 1);

    private static RecipeException Refuse(ModelConfig config, int layer, string format, SubblockSpec spec) =>
        new($"layer {layer} is {config.Layers[layer]}: {format} cannot say {spec.Id}");
}
