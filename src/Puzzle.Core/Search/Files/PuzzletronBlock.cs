using System.Text.Json;
using Puzzle.Core.Errors;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Search.Files;

/// <summary>Reads puzzletron's descriptions of blocks: <c>{"attention": {...}, "ffn": {...}}</c>, or its second version's <c>{"subblock_configs": [...]}</c>.</summary>
internal static class PuzzletronBlock
{
    public static LayerSpec Read(JsonElement block, string where)
    {
        if (block.ValueKind != JsonValueKind.Object)
            throw new BadInputException($"{where}: a block config must be an object, not {block.ValueKind}");
        AttentionSpec attention = new NoOpAttentionSpec();
        FeedForwardSpec feedForward = new NoOpFeedForwardSpec();
        if (block.TryGetProperty("subblock_configs", out var list) && list.ValueKind == JsonValueKind.Array)
        {
            foreach (var part in list.EnumerateArray())
            {
                if (Subblock(part, "", where) is AttentionSpec a)
                    attention = a;
                else
                    feedForward = (FeedForwardSpec)Subblock(part, "", where);
            }

            return new LayerSpec(attention, feedForward);
        }

        if (block.TryGetProperty("attention", out var mixer) && mixer.ValueKind == JsonValueKind.Object)
            attention = (AttentionSpec)Subblock(mixer, "AttentionConfig", where);
        if (block.TryGetProperty("ffn", out var network) && network.ValueKind == JsonValueKind.Object)
            feedForward = (FeedForwardSpec)Subblock(network, "FFNConfig", where);
        return new LayerSpec(attention, feedForward);
    }

    /// <summary>One subblock; its class or its own <c>kind</c> says which of the two it is.</summary>
    public static SubblockSpec Subblock(JsonElement config, string type, string where)
    {
        var kind = config.TryGetProperty("kind", out var named) && named.ValueKind == JsonValueKind.String ? named.GetString()! : type;
        var isAttention = kind.Contains("attention", StringComparison.OrdinalIgnoreCase);
        if (!isAttention && !kind.Contains("ffn", StringComparison.OrdinalIgnoreCase))
            throw new BadInputException($"{where}: a subblock of kind '{kind}' is not supported; supported are attention and ffn");
        foreach (var foreign in (string[])["moe", "mamba"])
            if (config.TryGetProperty(foreign, out var other) && other.ValueKind is not (JsonValueKind.Null or JsonValueKind.False))
                throw new BadInputException($"{where}: a subblock with '{foreign}' is not supported; supported are grouped-query attention and dense feed-forward");
        if (Is(config, "no_op"))
            return isAttention ? new NoOpAttentionSpec() : new NoOpFeedForwardSpec();
        if (Is(config, "replace_with_linear"))
            return isAttention ? new LinearAttentionSpec() : new LinearFeedForwardSpec();
        if (!isAttention)
            return new SwiGluSpec(Number(config, where, "intermediate_size"));
        var window = config.TryGetProperty("sliding_window_size", out var size) && size.ValueKind == JsonValueKind.Number ? size.GetInt32() : (int?)null;
        return new GroupedQuerySpec(Number(config, where, "num_key_value_heads", "num_kv_heads"), window);
    }

    private static bool Is(JsonElement config, string flag) => config.TryGetProperty(flag, out var value) && value.ValueKind == JsonValueKind.True;

    private static int Number(JsonElement config, string where, params string[] names)
    {
        foreach (var name in names)
            if (config.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number > 0)
                return number;
        throw new BadInputException($"{where}: a subblock config has no {string.Join(" or ", names)}");
    }
}
