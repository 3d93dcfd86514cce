using Puzzle.Core.Errors;

namespace Puzzle.Core.Search;

/// <summary>
/// What a limit's name means: a stat of the library as it stands, or a friendly quantity that follows from one.
/// </summary>
/// <param name="Name">The name as limits use it.</param>
/// <param name="Stat">The stat of the library behind it.</param>
/// <param name="Unit">The unit of the limit's numbers, for messages; empty for counts.</param>
/// <param name="Meaning">One line for help and documentation.</param>
/// <param name="PerStat">Units of the stat in one unit of the quantity.</param>
/// <param name="Kind">How quantity and stat hang together.</param>
/// <param name="WithNonBlock">Whether cost that is in no layer is part of it.</param>
public sealed record LimitQuantity(
    string Name,
    string Stat,
    string Unit,
    string Meaning,
    double PerStat = 1,
    QuantityKind Kind = QuantityKind.Sum,
    bool WithNonBlock = true)
{
    private const double BytesPerMib = 1024.0 * 1024;

    /// <summary>The friendly quantities. Any other name is a stat of the library.</summary>
    public static IReadOnlyList<LimitQuantity> Friendly { get; } =
    [
        new("memory", "memory_mib", "MiB", "weights, KV cache and workspace together"),
        new("weights", "weights_mib", "MiB", "memory of the weights"),
        new("kv_cache", "kv_mib", "MiB", "memory of the KV cache at the scenario's batch and length"),
        new("runtime", "runtime_ms", "ms", "time to serve one batch: prompt and generation"),
        new("latency", "runtime_ms", "s", "the same in seconds", 1000),
        new("ttft", "prefill_runtime_ms", "ms", "time to first token: the prompt's part of the runtime"),
        new("tpot", "decode_runtime_ms", "ms", "time per output token: the generation's part of the runtime, divided by its tokens", Kind: QuantityKind.PerOutputToken),
        new("throughput", "runtime_ms", "tokens/s", "generated tokens per second over the whole batch", Kind: QuantityKind.GeneratedThroughput),
        new("total_throughput", "runtime_ms", "tokens/s", "prompt and generated tokens per second over the whole batch", Kind: QuantityKind.TotalThroughput),
        new("params", "num_params", "", "parameters of the whole model"),
        new("block_params", "num_params", "", "parameters of the layers: projections, biases and norms; no embedding, final norm or head", WithNonBlock: false),
        new("kv_heads", "num_kv_heads", "", "KV heads over all layers"),
        new("attention_layers", "has_attention", "", "layers that have attention"),
    ];

    /// <summary>Whether more of the quantity means less of the stat.</summary>
    public bool IsRate => Kind is QuantityKind.GeneratedThroughput or QuantityKind.TotalThroughput;

    /// <summary>The quantity that a name stands for; prefixes <c>stats.</c> and <c>metrics.</c> are optional.</summary>
    public static LimitQuantity Of(string name)
    {
        var bare = Bare(name);
        return Friendly.FirstOrDefault(quantity => quantity.Name == bare) ?? new LimitQuantity(bare, bare, UnitOf(bare), "a stat of the library");
    }

    /// <summary>The name without its prefix.</summary>
    public static string Bare(string name) =>
        name.StartsWith("stats.", StringComparison.Ordinal) ? name[6..] : name.StartsWith("metrics.", StringComparison.Ordinal) ? name[8..] : name;

    /// <summary>
    /// Reads a bound as people write it: <c>8GiB</c>, <c>512MiB</c>, <c>1.5s</c>, <c>300ms</c>, <c>2e9</c>, and against the parent
    /// <c>85%</c>, <c>1.5x</c>. Numbers without a unit are in the quantity's own.
    /// </summary>
    public (double Value, LimitBasis Basis) ParseBound(string text)
    {
        var trimmed = text.Trim();
        var digits = trimmed.Length;
        while (digits > 0 && !char.IsAsciiDigit(trimmed[digits - 1]) && trimmed[digits - 1] != '.')
            digits--;
        if (!double.TryParse(trimmed[..digits], out var number) || !double.IsFinite(number))
            throw new RecipeException($"limit {Name}: '{text}' is not a number; right would be for example {Example()}");
        var suffix = trimmed[digits..].Trim();
        double? factor = (suffix, Unit) switch
        {
            ("", _) => 1,
            ("B", "MiB") => 1 / BytesPerMib,
            ("KiB", "MiB") => 1 / 1024.0,
            ("MiB", "MiB") or ("ms", "ms") or ("s", "s") or ("tokens/s", "tokens/s") => 1,
            ("GiB", "MiB") => 1024,
            ("TiB", "MiB") => 1024 * 1024,
            ("MB", "MiB") => 1e6 / BytesPerMib,
            ("GB", "MiB") => 1e9 / BytesPerMib,
            ("s", "ms") => 1000,
            ("ms", "s") => 0.001,
            ("K" or "k", "") => 1e3,
            ("M", "") => 1e6,
            ("B" or "G", "") => 1e9,
            _ => null,
        };
        if (factor is { } scale)
            return (number * scale, LimitBasis.Absolute);
        return suffix switch
        {
            "%" => (number / 100, LimitBasis.Parent),
            "x" => (number, LimitBasis.Parent),
            _ => throw new RecipeException($"limit {Name}: unit '{suffix}' in '{text}' does not fit; right would be for example {Example()}"),
        };
    }

    private string Example() => Unit switch
    {
        "MiB" => "8GiB, 512MiB or 85%",
        "ms" => "300ms, 1.5s or 60%",
        "s" => "1.5s, 300ms or 60%",
        "tokens/s" => "5000 or 1.5x",
        _ => "7B, 1200000 or 70%",
    };

    private static string UnitOf(string stat) =>
        stat.EndsWith("_mib", StringComparison.Ordinal) ? "MiB" : stat.EndsWith("_ms", StringComparison.Ordinal) ? "ms" : "";
}
