using System.Text.Json;
using Puzzle.Core.Errors;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Search.Files;

/// <summary>
/// Reads what NVIDIA's puzzletron leaves in its folder: <c>subblock_stats.json</c> (costs of subblocks, one entry a measured
/// batch) and <c>single_sequence_replacement_solutions--validation/solution_N.json</c> (scores of blocks). A block costs what its
/// subblocks cost together; the parent's own blocks score what <c>teacher.json</c> says, else 0.
/// </summary>
internal static class PuzzletronFolder
{
    private const string StatsFile = "subblock_stats.json";
    private const string ScoresFolder = "single_sequence_replacement_solutions--validation";
    private static readonly string[] s_notCosts = ["parent_layer_index", "subblock_config", "subblock_config_class"];

    public static bool Recognises(string folder) => File.Exists(Path.Combine(folder, StatsFile));

    public static PuzzleProblem Read(string folder)
    {
        var scores = Scores(Path.Combine(folder, ScoresFolder), out var teacher);
        var path = Path.Combine(folder, StatsFile);
        using var stats = LibraryFile.Parse(path);
        if (stats.RootElement.ValueKind != JsonValueKind.Array || stats.RootElement.GetArrayLength() == 0)
            throw new BadInputException($"{path}: expected a list of measurements");
        var entries = stats.RootElement.EnumerateArray().ToArray();
        var nonBlock = new Dictionary<string, double>();
        var costs = new Dictionary<(int? Layer, SubblockSpec Spec), Dictionary<string, double>>();
        foreach (var entry in entries)
            AddStats(entry, Suffix(entry, entries.Length, path), nonBlock, costs, path);

        var layers = scores.Select(score => score.Layer).Concat(costs.Keys.Select(key => key.Layer ?? 0)).Max() + 1;
        var items = new List<PuzzleItem>();
        for (var layer = 0; layer < layers; layer++)
        {
            var ofLayer = scores.Where(score => score.Layer == layer).ToList();
            var parent = Parent(costs.Keys.Where(key => key.Layer is null || key.Layer == layer).Select(key => key.Spec), path);
            if (ofLayer.TrueForAll(score => score.Spec != parent))
                ofLayer.Insert(0, new(layer, parent, teacher));
            items.AddRange(ofLayer.Select(score => new PuzzleItem
            {
                FirstLayer = layer,
                Id = score.Spec.ToString(),
                Layers = [score.Spec],
                IsParent = score.Spec == parent,
                Scores = score.Metrics,
                Costs = CostsOf(costs, layer, score.Spec, path),
            }));
        }

        return new PuzzleProblem { LayerCount = layers, Items = items, NonBlockCosts = nonBlock, Source = Path.GetFileName(Path.GetFullPath(folder)) };
    }

    private static List<Score> Scores(string folder, out Dictionary<string, double> teacher)
    {
        if (!Directory.Exists(folder))
            throw new BadInputException($"{folder}: no such folder; puzzletron writes the scores of its blocks there (solution_0.json, ...)");
        var scores = new List<Score>();
        foreach (var file in Directory.GetFiles(folder, "solution_*.json").Order(StringComparer.Ordinal))
        {
            using var document = LibraryFile.Parse(file);
            var root = document.RootElement;
            if (!root.TryGetProperty("puzzle_solution", out var solution) || !solution.TryGetProperty("single_sequence_replacement", out var replacement))
                throw new BadInputException($"{file}: has no puzzle_solution.single_sequence_replacement");
            if (!replacement.TryGetProperty("parent_layer_indices", out var at) || at.ValueKind != JsonValueKind.Array || at.GetArrayLength() != 1 || !at[0].TryGetInt32(out var layer) || layer is < 0 or > 100_000)
                throw new BadInputException($"{file}: parent_layer_indices must be a list of one layer");
            if (!replacement.TryGetProperty("child_block_configs", out var blocks) || blocks.ValueKind != JsonValueKind.Array || blocks.GetArrayLength() != 1)
                throw new BadInputException($"{file}: child_block_configs must be a list of one block");
            scores.Add(new(layer, PuzzletronBlock.Read(blocks[0], file), Metrics(root)));
        }

        if (scores.Count == 0)
            throw new BadInputException($"{folder}: no solution_N.json in it");
        var parentFile = Path.Combine(folder, "teacher.json");
        teacher = [];
        if (File.Exists(parentFile))
        {
            using var document = LibraryFile.Parse(parentFile);
            teacher = Metrics(document.RootElement);
        }

        foreach (var metric in scores.SelectMany(score => score.Metrics.Keys).Distinct())
            teacher.TryAdd(metric, 0);
        return scores;
    }

    // Each metric m as m and one_minus_m, as puzzletron's own search offers them.
    private static Dictionary<string, double> Metrics(JsonElement root)
    {
        var metrics = new Dictionary<string, double>();
        foreach (var entry in root.EnumerateObject())
        {
            if (entry.Value.ValueKind != JsonValueKind.Object || !entry.Value.TryGetProperty("avg", out var average) || average.ValueKind != JsonValueKind.Number)
                continue;
            metrics[entry.Name] = average.GetDouble();
            metrics["one_minus_" + entry.Name] = 1 - average.GetDouble();
        }

        return metrics;
    }

    private static string Suffix(JsonElement entry, int entries, string path)
    {
        if (entries == 1)
            return "";
        return entry.TryGetProperty("args", out var args) && args.TryGetProperty("batch_size", out var batch) && batch.TryGetInt32(out var size) && size > 0
            ? $"@b{size}"
            : throw new BadInputException($"{path}: an entry has no args.batch_size; with several measurements each needs one");
    }

    private static void AddStats(JsonElement entry, string suffix, Dictionary<string, double> nonBlock, Dictionary<(int?, SubblockSpec), Dictionary<string, double>> costs, string path)
    {
        if (!entry.TryGetProperty("subblocks", out var subblocks) || subblocks.ValueKind != JsonValueKind.Array)
            throw new BadInputException($"{path}: an entry has no list 'subblocks'");
        if (entry.TryGetProperty("non_block", out var outside))
            foreach (var (stat, cost) in JsonNumbers.Read(outside, $"{path}: non_block"))
                if (!nonBlock.TryAdd(stat + suffix, cost))
                    throw new BadInputException($"{path}: two entries have batch_size {suffix[2..]}; leave only one of them");
        foreach (var subblock in subblocks.EnumerateArray())
        {
            if (!subblock.TryGetProperty("subblock_config", out var config))
                throw new BadInputException($"{path}: a subblock has no subblock_config");
            int? layer = subblock.TryGetProperty("parent_layer_index", out var at) && at.ValueKind == JsonValueKind.Number && at.TryGetInt32(out var index) ? index : null;
            var kind = subblock.TryGetProperty("subblock_config_class", out var type) ? type.GetString() ?? "" : "";
            var key = (layer, PuzzletronBlock.Subblock(config, kind, path));
            if (!costs.TryGetValue(key, out var known))
                costs[key] = known = [];
            foreach (var stat in subblock.EnumerateObject())
                if (!s_notCosts.Contains(stat.Name) && stat.Value.ValueKind == JsonValueKind.Number)
                    known[stat.Name + suffix] = stat.Value.GetDouble();
        }
    }

    private static Dictionary<string, double> CostsOf(Dictionary<(int?, SubblockSpec), Dictionary<string, double>> costs, int layer, LayerSpec spec, string path)
    {
        Dictionary<string, double> Of(SubblockSpec part) =>
            costs.TryGetValue((layer, part), out var own) || costs.TryGetValue((null, part), out own) ? own
            : part is NoOpAttentionSpec or NoOpFeedForwardSpec ? []
            : throw new BadInputException($"{path}: has no {part} for layer {layer}, which a scored block uses");

        var (attention, feedForward) = (Of(spec.Attention), Of(spec.FeedForward));
        var sum = attention.Keys.Union(feedForward.Keys).ToDictionary(stat => stat, stat => attention.GetValueOrDefault(stat) + feedForward.GetValueOrDefault(stat));
        sum["num_kv_heads"] = (spec.Attention as GroupedQuerySpec)?.KvHeads ?? 0;
        sum["has_attention"] = spec.Attention is NoOpAttentionSpec ? 0 : 1;
        sum["has_ffn"] = spec.FeedForward is NoOpFeedForwardSpec ? 0 : 1;
        return sum;
    }

    // The widest of each: puzzletron only ever prunes.
    private static LayerSpec Parent(IEnumerable<SubblockSpec> specs, string path)
    {
        var all = specs.ToArray();
        var attention = all.OfType<GroupedQuerySpec>().MaxBy(spec => spec.KvHeads);
        var feedForward = all.OfType<SwiGluSpec>().MaxBy(spec => spec.IntermediateSize);
        return attention is null && feedForward is null
            ? throw new BadInputException($"{path}: has neither attention nor ffn subblocks")
            : new LayerSpec((AttentionSpec?)attention ?? new NoOpAttentionSpec(), (FeedForwardSpec?)feedForward ?? new NoOpFeedForwardSpec());
    }

    private sealed record Score(int Layer, LayerSpec Spec, Dictionary<string, double> Metrics);
}
