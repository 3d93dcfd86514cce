using System.ComponentModel.DataAnnotations;

namespace Puzzle.Core.Recipes;

/// <summary>Limits of a scenario. Amounts are absolute in the unit of their key, or relative to the parent (70%, 1.5x). All are optional, all that are given hold.</summary>
public sealed record Limits
{
    /// <summary>Generated tokens per second, at least so many times the parent's, each at its best batch.</summary>
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public Factor? Speedup { get; init; }

    /// <summary>Generated tokens per second, at least.</summary>
    [Range(0.0, 1e12, MinimumIsExclusive = true)]
    public Amount? MinThroughput { get; init; }

    /// <summary>Tokens per second of prompt and output together, at least.</summary>
    [Range(0.0, 1e12, MinimumIsExclusive = true)]
    public Amount? MinTotalThroughput { get; init; }

    /// <summary>Milliseconds for the whole batch: prompt and output.</summary>
    [Range(0.0, 1e12, MinimumIsExclusive = true)]
    public Amount? MaxLatencyMs { get; init; }

    /// <summary>Milliseconds to the first token.</summary>
    [Range(0.0, 1e12, MinimumIsExclusive = true)]
    public Amount? MaxTtftMs { get; init; }

    /// <summary>Milliseconds for each further token.</summary>
    [Range(0.0, 1e12, MinimumIsExclusive = true)]
    public Amount? MaxTpotMs { get; init; }

    /// <summary>Weights, keys and values, and workspace, in GiB.</summary>
    [Range(0.0, 1e9, MinimumIsExclusive = true)]
    public Amount? MaxMemoryGib { get; init; }

    /// <summary>Weights with embeddings and head, in GiB.</summary>
    [Range(0.0, 1e9, MinimumIsExclusive = true)]
    public Amount? MaxWeightsGib { get; init; }

    /// <summary>Keys and values of the whole batch, in GiB.</summary>
    [Range(0.0, 1e9)]
    public Amount? MaxKvGib { get; init; }

    /// <summary>Block parameters (projections, biases and norms of the layers), at most.</summary>
    [Range(0.0, 1e15)]
    public Amount? MaxParams { get; init; }

    /// <summary>Block parameters, at least.</summary>
    [Range(0.0, 1e15)]
    public Amount? MinParams { get; init; }

    /// <summary>Key-value heads of all layers together, at most.</summary>
    [Range(0.0, 1e9)]
    public Amount? MaxKvHeads { get; init; }

    /// <summary>Key-value heads of all layers together, at least.</summary>
    [Range(0.0, 1e9)]
    public Amount? MinKvHeads { get; init; }

    /// <summary>Layers that have attention, at most.</summary>
    [Range(0.0, 1e6)]
    public Amount? MaxAttentionLayers { get; init; }

    /// <summary>Layers that have attention, at least.</summary>
    [Range(0.0, 1e6)]
    public Amount? MinAttentionLayers { get; init; }

    /// <summary>The limits that are given, in the order of the keys.</summary>
    public IReadOnlyList<LimitTerm> Given()
    {
        List<LimitTerm> terms = [];
        void Add(string key, LimitQuantity quantity, LimitSide side, Amount? amount)
        {
            if (amount is { } given)
                terms.Add(new LimitTerm(key, quantity, side, given));
        }

        Add("speedup", LimitQuantity.Throughput, LimitSide.AtLeast, Speedup is { } factor ? new Amount(factor.Value, Relative: true) : null);
        Add("min_throughput", LimitQuantity.Throughput, LimitSide.AtLeast, MinThroughput);
        Add("min_total_throughput", LimitQuantity.TotalThroughput, LimitSide.AtLeast, MinTotalThroughput);
        Add("max_latency_ms", LimitQuantity.LatencyMs, LimitSide.AtMost, MaxLatencyMs);
        Add("max_ttft_ms", LimitQuantity.TtftMs, LimitSide.AtMost, MaxTtftMs);
        Add("max_tpot_ms", LimitQuantity.TpotMs, LimitSide.AtMost, MaxTpotMs);
        Add("max_memory_gib", LimitQuantity.MemoryGib, LimitSide.AtMost, MaxMemoryGib);
        Add("max_weights_gib", LimitQuantity.WeightsGib, LimitSide.AtMost, MaxWeightsGib);
        Add("max_kv_gib", LimitQuantity.KvGib, LimitSide.AtMost, MaxKvGib);
        Add("max_params", LimitQuantity.Params, LimitSide.AtMost, MaxParams);
        Add("min_params", LimitQuantity.Params, LimitSide.AtLeast, MinParams);
        Add("max_kv_heads", LimitQuantity.KvHeads, LimitSide.AtMost, MaxKvHeads);
        Add("min_kv_heads", LimitQuantity.KvHeads, LimitSide.AtLeast, MinKvHeads);
        Add("max_attention_layers", LimitQuantity.AttentionLayers, LimitSide.AtMost, MaxAttentionLayers);
        Add("min_attention_layers", LimitQuantity.AttentionLayers, LimitSide.AtLeast, MinAttentionLayers);
        return terms;
    }
}

/// <summary>One limit as the recipe gives it.</summary>
/// <param name="Key">Its key in the recipe, for messages and for <c>missed</c>.</param>
/// <param name="Quantity">What is limited.</param>
/// <param name="Side">From above or from below.</param>
/// <param name="Amount">How much.</param>
public sealed record LimitTerm(string Key, LimitQuantity Quantity, LimitSide Side, Amount Amount);

/// <summary>What can be limited.</summary>
public enum LimitQuantity
{
    /// <summary>Generated tokens per second.</summary>
    Throughput,

    /// <summary>Prompt and generated tokens per second.</summary>
    TotalThroughput,

    /// <summary>Milliseconds for prompt and output of the batch.</summary>
    LatencyMs,

    /// <summary>Milliseconds to the first token.</summary>
    TtftMs,

    /// <summary>Milliseconds for each further token.</summary>
    TpotMs,

    /// <summary>Weights, keys and values, workspace: GiB.</summary>
    MemoryGib,

    /// <summary>Weights: GiB.</summary>
    WeightsGib,

    /// <summary>Keys and values: GiB.</summary>
    KvGib,

    /// <summary>Block parameters.</summary>
    Params,

    /// <summary>Key-value heads of all layers.</summary>
    KvHeads,

    /// <summary>Layers with attention.</summary>
    AttentionLayers,
}

/// <summary>From which side a quantity is limited.</summary>
public enum LimitSide
{
    /// <summary>From above.</summary>
    AtMost,

    /// <summary>From below.</summary>
    AtLeast,
}
