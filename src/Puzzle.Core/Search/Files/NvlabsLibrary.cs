using System.Text.Json;
using Puzzle.Core.Errors;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Search.Files;

/// <summary>
/// Reads <c>block_library.json</c> as published by NVlabs: <c>{"layer_0": {"description": {"stats": {...}, "metrics": {...}}}}</c>.
/// Layers have grouped-query attention or none and a SwiGLU network or none; the widest of each layer is the parent's.
/// </summary>
internal static class NvlabsLibrary
{
    public static bool Recognises(JsonElement root) => root.ValueKind == JsonValueKind.Object && root.TryGetProperty("layer_0", out _);

    public static PuzzleProblem Read(JsonElement root, string source)
    {
        var layers = root.EnumerateObject().Count();
        var items = new List<PuzzleItem>();
        for (var layer = 0; layer < layers; layer++)
        {
            if (!root.TryGetProperty($"layer_{layer}", out var variants) || variants.ValueKind != JsonValueKind.Object)
                throw new BadInputException($"{source}: layer_{layer} of {layers} layers is missing or not an object");
            var ofLayer = variants.EnumerateObject().Select(variant => Item(variant, layer, source)).ToList();
            if (ofLayer.Count == 0)
                throw new BadInputException($"{source}: layer_{layer} has no variants");
            var heads = ofLayer.Max(item => item.Costs["num_kv_heads"]);
            var width = ofLayer.Max(item => item.Costs["ffn_intermediate_size"]);
            items.AddRange(ofLayer.Select(item => item with { IsParent = item.Costs["num_kv_heads"] == heads && item.Costs["ffn_intermediate_size"] == width }));
        }

        return new PuzzleProblem { LayerCount = layers, Items = items, Source = source };
    }

    private static PuzzleItem Item(JsonProperty variant, int layer, string source)
    {
        var where = $"{source}: layer_{layer}, '{variant.Name}'";
        var costs = JsonNumbers.Read(variant.Value, "stats", where);
        var scores = JsonNumbers.Read(variant.Value, "metrics", where);
        foreach (var needed in (string[])["num_kv_heads", "ffn_intermediate_size"])
            if (!costs.ContainsKey(needed))
                throw new BadInputException($"{where}: stats has no {needed}");
        var (heads, width) = ((int)costs["num_kv_heads"], (int)costs["ffn_intermediate_size"]);
        costs["has_attention"] = heads > 0 ? 1 : 0;
        costs["has_ffn"] = width > 0 ? 1 : 0;
        var spec = new LayerSpec(
            heads > 0 ? new GroupedQuerySpec(heads) : new NoOpAttentionSpec(),
            width > 0 ? new SwiGluSpec(width) : new NoOpFeedForwardSpec());
        return new PuzzleItem { FirstLayer = layer, Id = spec.ToString(), Layers = [spec], Scores = scores, Costs = costs };
    }
}
