using System.Text.Json;
using System.Text.Json.Serialization;
using Puzzle.Core.Errors;
using Puzzle.Core.Measurement.Tables;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Measurement;

/// <summary>Measured costs of every subblock of a library, per workload, on one engine and machine. A documented JSON file.</summary>
public sealed record CostTable
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.General)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>Which engine was timed.</summary>
    public required string Engine { get; init; }

    /// <summary>Processor or accelerator, and threads.</summary>
    public required string Hardware { get; init; }

    /// <summary>Type of weights and cache.</summary>
    public required string Dtype { get; init; }

    /// <summary>One for each workload.</summary>
    public required IReadOnlyList<WorkloadCosts> Workloads { get; init; }

    /// <summary>The costs of one workload.</summary>
    /// <exception cref="BadInputException">The table has no such workload.</exception>
    public WorkloadCosts Of(Workload workload) => Workloads.FirstOrDefault(costs => costs.Workload == workload)
        ?? throw new BadInputException($"the cost table has no workload of batch {workload.Batch}, {workload.PromptTokens} prompt and {workload.OutputTokens} output tokens; measure it");

    /// <summary>The same with all times of a phase multiplied.</summary>
    public CostTable Scaled(PhaseFactors factors) => this with { Workloads = [.. Workloads.Select(costs => costs.Scaled(factors))] };

    public string ToJson() => JsonSerializer.Serialize(this, s_json);

    /// <exception cref="BadInputException">Not such a table, or a time that is negative or not a number.</exception>
    public static CostTable FromJson(string json, string name)
    {
        CostTable table;
        try
        {
            table = JsonSerializer.Deserialize<CostTable>(json, s_json) ?? throw new JsonException("null");
        }
        catch (JsonException error)
        {
            throw new BadInputException($"{name}: no cost table{(json.TrimEnd() is [.., '}'] ? "" : " (the file is cut off)")}: {error.Message}", error);
        }

        CostChecks.Refuse(table, name);
        return table;
    }
}

/// <summary>The costs of one workload.</summary>
/// <param name="Workload">What is served.</param>
/// <param name="Fixed">Embedding, final norm, head and sampling: what no variant changes.</param>
/// <param name="Subblocks">By the spec's id.</param>
public sealed record WorkloadCosts(Workload Workload, SubblockCost Fixed, IReadOnlyDictionary<string, SubblockCost> Subblocks)
{
    /// <summary>The cost of a subblock; a no-op costs nothing unless the engine cannot leave it out.</summary>
    /// <exception cref="BadInputException">The table has no such entry.</exception>
    public SubblockCost Of(SubblockSpec spec) => Subblocks.TryGetValue(spec.Id, out var cost) ? cost
        : spec is NoOpAttentionSpec or NoOpFeedForwardSpec ? SubblockCost.Zero
        : throw new BadInputException($"the cost table has no entry for {spec.Id}");

    /// <summary>The cost of a layer; one without attention and network costs nothing on any engine.</summary>
    /// <exception cref="BadInputException">The table has no entry for one of the two.</exception>
    public SubblockCost Of(LayerSpec layer) => layer is { Attention: NoOpAttentionSpec, FeedForward: NoOpFeedForwardSpec } ? SubblockCost.Zero : Of(layer.Attention).Plus(Of(layer.FeedForward));

    /// <summary>The cost of a whole model.</summary>
    public SubblockCost Of(IEnumerable<LayerSpec> layers) => layers.Aggregate(Fixed, (sum, layer) => sum.Plus(Of(layer)));

    /// <summary>The same with all times of a phase multiplied.</summary>
    public WorkloadCosts Scaled(PhaseFactors factors) => this with { Fixed = factors.Of(Fixed), Subblocks = Subblocks.ToDictionary(pair => pair.Key, pair => factors.Of(pair.Value)) };

    /// <summary>Predicted time of a whole model.</summary>
    public double PredictMs(IEnumerable<LayerSpec> layers) => Of(layers).TotalMs(Workload);
}
