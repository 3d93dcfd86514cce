using System.Text.Json;
using Puzzle.Core.Errors;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Measurement.Tables;

/// <summary>
/// Reads puzzletron's <c>subblock_stats.json</c>: a list of measurements, each with its workload and type, what is no block, and the
/// subblocks. Where it does not tell prefill from decoding, all of a subblock's time counts as decoding.
/// </summary>
public static class PuzzletronStats
{
    /// <summary>The table.</summary>
    /// <param name="json">The file's text.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="warnings">What to know about it.</param>
    /// <exception cref="BadInputException">Not of that form, or without measured times.</exception>
    public static CostTable Read(string json, string name, List<string> warnings)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var entries = document.RootElement.EnumerateArray().ToArray();
            if (entries.Length == 0)
                throw new BadInputException($"{name}: the list of measurements is empty");
            var first = entries[0].GetProperty("args");
            var told = true;
            var workloads = entries.Select(entry => Costs(entry, name, ref told)).ToArray();
            if (!told)
                warnings.Add($"{name}: times are not told apart by phase; all counts as decoding, so limits on the time to the first token mean nothing");
            if (entries.Select(entry => Text(entry.GetProperty("args"), "weights_dtype")).Distinct().Count() > 1)
                throw new BadInputException($"{name}: holds measurements of several weights_dtype; give a file with one");
            return new CostTable { Engine = "puzzletron", Hardware = Text(first, "gpu"), Dtype = Text(first, "weights_dtype").Replace("torch.", "", StringComparison.Ordinal), Workloads = workloads };
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new BadInputException($"{name}: no subblock_stats.json as puzzletron writes it: {error.Message}", error);
        }
    }

    private static WorkloadCosts Costs(JsonElement entry, string name, ref bool told)
    {
        var args = entry.GetProperty("args");
        var workload = new Workload(args.GetProperty("batch_size").GetInt32(), args.GetProperty("prefill_seq_len").GetInt32(), args.GetProperty("generation_seq_len").GetInt32());
        var subblocks = new Dictionary<string, SubblockCost>();
        foreach (var subblock in entry.GetProperty("subblocks").EnumerateArray())
        {
            if (SpecOf(subblock) is not { } spec)
                continue;
            subblocks[spec.Id] = Cost(subblock, workload, $"{name}: {spec.Id} at batch {workload.Batch}", ref told);
        }

        return new WorkloadCosts(workload, Cost(entry.GetProperty("non_block"), workload, $"{name}: non_block at batch {workload.Batch}", ref told), subblocks);
    }

    private static SubblockCost Cost(JsonElement stats, Workload workload, string what, ref bool told)
    {
        var (prefill, decode) = (Number(stats, "prefill_runtime_ms"), Number(stats, "decode_runtime_ms"));
        if (prefill is null || decode is null)
        {
            told = false;
            (prefill, decode) = (0, Number(stats, "runtime_ms") ?? throw new BadInputException($"{what} has no runtime_ms; measure with runtime_stats enabled"));
        }

        return new SubblockCost(prefill.Value, decode.Value / workload.OutputTokens, decode.Value / workload.OutputTokens);
    }

    // No-ops need no entry; mixtures of experts and state spaces are not variants here.
    private static SubblockSpec? SpecOf(JsonElement subblock)
    {
        var config = subblock.GetProperty("subblock_config");
        if (Flag(config, "no_op"))
            return null;
        var attention = config.TryGetProperty("num_key_value_heads", out var heads) || Text(subblock, "subblock_config_class").Contains("Attention", StringComparison.Ordinal);
        if (Flag(config, "replace_with_linear"))
            return attention ? new LinearAttentionSpec() : new LinearFeedForwardSpec();
        if (attention)
            return heads.ValueKind == JsonValueKind.Number ? new GroupedQuerySpec(heads.GetInt32()) : null;
        return config.TryGetProperty("intermediate_size", out var width) && width.ValueKind == JsonValueKind.Number ? new SwiGluSpec(width.GetInt32()) : null;
    }

    private static bool Flag(JsonElement config, string key) => config.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.True;

    private static double? Number(JsonElement stats, string key) => stats.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;

    private static string Text(JsonElement element, string key) => element.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "unknown";
}
