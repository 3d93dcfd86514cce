using System.Globalization;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Checkpoints;

/// <summary>
/// Reads what each layer is: <c>block_configs</c> of nemotron-nas and AnyModel, <c>per_layer_config</c> of vLLM's AnyModel,
/// or equal layers with the family's sliding windows.
/// </summary>
internal sealed class LayerConfigReader(ConfigObject config, ModelFamily family, int hidden, int heads)
{
    private const int MaxWidth = 1 << 24;

    private int?[] _windows = [];

    public IReadOnlyList<LayerSpec> Read(int count)
    {
        _windows = Windows(count);
        if (config.OptionalObjects("block_configs") is { } blocks)
        {
            return blocks.Count == count
                ? [.. blocks.Select((block, i) => new LayerSpec(Attention(block.Object("attention"), i), FeedForward(block, block.Object("ffn"))))]
                : throw config.Bad($"block_configs has {blocks.Count} entries for {count} layers");
        }

        return config.OptionalObject("per_layer_config") is { } layers ? Sparse(layers, count) : Equal(count);
    }

    private AttentionSpec Attention(ConfigObject attention, int layer)
    {
        RefuseOthers(attention, "sparsify", "mamba", "llama4");
        var (noOp, linear) = (attention.Flag("no_op"), attention.Flag("replace_with_linear"));
        if (noOp && linear)
            throw attention.Bad("no_op and replace_with_linear are both true");
        if (noOp)
            return new NoOpAttentionSpec();
        if (linear)
            return new LinearAttentionSpec();
        var kvHeads = attention.OptionalInt("num_key_value_heads", 1, heads) ?? attention.OptionalInt("num_kv_heads", 1, heads);
        if (kvHeads is null)
        {
            var group = attention.OptionalInt("n_heads_in_group", 1, heads) ?? throw attention.Wrong("n_heads_in_group", "a divisor of the heads");
            kvHeads = heads % group == 0 ? heads / group : throw attention.Wrong("n_heads_in_group", $"a divisor of {heads} heads");
        }

        CheckKvHeads(attention, kvHeads.Value);
        var window = attention.OptionalInt("window_length", 1, int.MaxValue) ?? attention.OptionalInt("sliding_window_size", 1, int.MaxValue)
            ?? _windows[layer];
        var sinks = window is null ? 0 : attention.OptionalInt("num_sink_tokens", 0, int.MaxValue) ?? 0;
        // Without these two, sinks keep no position of their own and a prompt is read with full attention.
        if (sinks > 0 && !(attention.Flag("unshifted_sink") && attention.Flag("use_prefill_window_in_sink_attention")))
            throw attention.Bad("sink tokens are supported with unshifted_sink and use_prefill_window_in_sink_attention true only");
        return new GroupedQuerySpec(kvHeads.Value, window, sinks);
    }

    private FeedForwardSpec FeedForward(ConfigObject block, ConfigObject ffn)
    {
        RefuseOthers(block, "parallel_blocks");
        RefuseOthers(ffn, "sparsify", "moe");
        var (noOp, linear) = (ffn.Flag("no_op"), ffn.Flag("replace_with_linear"));
        if (noOp && linear)
            throw ffn.Bad("no_op and replace_with_linear are both true");
        if (noOp)
            return new NoOpFeedForwardSpec();
        if (linear)
            return new LinearFeedForwardSpec();
        if (ffn.OptionalText("hidden_act") is not (null or "silu" or "swish"))
            throw ffn.Wrong("hidden_act", "silu");
        var width = ffn.OptionalInt("intermediate_size", 1, MaxWidth);
        if (ffn.OptionalPositive("ffn_mult") is { } multiplier)
        {
            var said = FfnMultiplier.ToWidth(multiplier, hidden, MaxWidth) ?? throw ffn.Wrong("ffn_mult", $"a multiplier that gives a width from 1 to {MaxWidth}");
            if (width is not null && width != said)
                throw ffn.Bad($"intermediate_size is {width}, but ffn_mult {multiplier} stands for {said}");
            width = said;
        }

        if (width is null)
            throw ffn.Wrong("ffn_mult", "a number above zero");
        return SwiGlu(ffn, width.Value);
    }

    private List<LayerSpec> Sparse(ConfigObject layers, int count)
    {
        foreach (var key in layers.Keys)
        {
            if (!int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var layer) || layer >= count)
                throw layers.Bad($"\"{key}\" is not a layer from 0 to {count - 1}");
        }

        var equal = Equal(count);
        for (var i = 0; i < count; i++)
        {
            if (layers.OptionalObject(i.ToString(CultureInfo.InvariantCulture)) is not { } layer)
                continue;
            var skip = layer.OptionalTexts("skip") ?? [];
            if (skip.Any(part => part is not ("attention" or "mlp")))
                throw layer.Wrong("skip", "attention, mlp or both");
            var attention = (GroupedQuerySpec)equal[i].Attention;
            if (layer.OptionalInt("num_key_value_heads", 1, heads) is { } kvHeads)
            {
                CheckKvHeads(layer, kvHeads);
                attention = attention with { KvHeads = kvHeads };
            }

            var feedForward = layer.OptionalInt("intermediate_size", 1, MaxWidth) is { } width ? SwiGlu(layer, width) : equal[i].FeedForward;
            equal[i] = new(
                skip.Contains("attention") ? new NoOpAttentionSpec() : attention,
                skip.Contains("mlp") ? new NoOpFeedForwardSpec() : feedForward);
        }

        return equal;
    }

    private List<LayerSpec> Equal(int count)
    {
        var kvHeads = config.OptionalInt("num_key_value_heads", 1, int.MaxValue)
            ?? (config.IsNull("num_key_value_heads") ? heads : family.DefaultKvHeads ?? heads);
        CheckKvHeads(config, kvHeads);
        var feedForward = SwiGlu(config, config.Int("intermediate_size", 1, MaxWidth));
        return [.. Enumerable.Range(0, count).Select(i => new LayerSpec(new GroupedQuerySpec(kvHeads, _windows[i]), feedForward))];
    }

    private SwiGluSpec SwiGlu(ConfigObject where, int width)
    {
        HuggingFaceConfig.CheckSize(where, "the feed-forward network", width, hidden);
        return new(width);
    }

    /// <summary>The sliding window of each layer: from <c>layer_types</c> where given, else by the family's rule.</summary>
    private int?[] Windows(int count)
    {
        var windows = new int?[count];
        if (family.SlidingWindow == SlidingWindowRule.None || config.IsNull("sliding_window")
            || (family.SlidingWindow == SlidingWindowRule.FromMaxWindowLayers && !config.Flag("use_sliding_window")))
            return windows;
        var window = config.OptionalInt("sliding_window", 1, int.MaxValue) ?? family.DefaultSlidingWindow;
        var first = family.SlidingWindow == SlidingWindowRule.EveryLayer
            ? 0
            : config.OptionalInt("max_window_layers", 0, int.MaxValue) ?? family.DefaultMaxWindowLayers;
        var types = config.OptionalTexts("layer_types");
        if (types is not null && types.Count != count)
            throw config.Bad($"layer_types has {types.Count} entries for {count} layers");
        for (var i = 0; i < count; i++)
        {
            windows[i] = types?[i] switch
            {
                null => i >= first ? window : null,
                "full_attention" => null,
                "sliding_attention" => window,
                var other => throw config.Bad($"layer_types[{i}] is {other}; full_attention or sliding_attention would be right"),
            };
        }

        return windows;
    }

    private void CheckKvHeads(ConfigObject where, int kvHeads)
    {
        if (kvHeads > heads || heads % kvHeads != 0)
            throw where.Bad($"{kvHeads} KV heads do not divide {heads} heads");
    }

    private static void RefuseOthers(ConfigObject block, params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
        {
            if (block.IsPresent(key))
                throw block.Wrong(key, "null (that kind of block is not supported)");
        }
    }
}
