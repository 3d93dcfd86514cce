using System.Text.Json;
using System.Text.Json.Serialization;

namespace Puzzle.Core.Reports;

/// <summary>
/// Everything a report shows, as plain data: what a run writes to <c>report.json</c> and reads back to render or to compare.
/// A section whose value is null is left out of the page. Numbers may be NaN or infinite: they are shown as a dash.
/// </summary>
public sealed record ReportData
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        RespectNullableAnnotations = true,
        WriteIndented = true,
    };

    /// <summary>The run's name, usually the recipe's file name.</summary>
    public required string Title { get; init; }

    /// <summary>The parent's name as people know it.</summary>
    public required string ParentName { get; init; }

    /// <summary>The child's name.</summary>
    public required string ChildName { get; init; }

    /// <summary>When the run ended.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>Version of Puzzle that made it.</summary>
    public string? ToolVersion { get; init; }

    /// <summary>The figures at the top of the page.</summary>
    public required ReportHeadline Headline { get; init; }

    /// <summary>The parent as measured.</summary>
    public ModelStats? Parent { get; init; }

    /// <summary>The child as measured.</summary>
    public ModelStats? Child { get; init; }

    /// <summary>Both timed end to end: one row for each engine and scenario.</summary>
    public IReadOnlyList<SpeedRow>? Speeds { get; init; }

    /// <summary>One entry a layer, first layer first.</summary>
    public IReadOnlyList<LayerKept>? Layers { get; init; }

    /// <summary>Score of every variant in every layer.</summary>
    public ScoreMap? Scores { get; init; }

    /// <summary>Quality against speed: parent, child, baselines and the solver's sweep.</summary>
    public ParetoFront? Pareto { get; init; }

    /// <summary>What the cost model said and what was measured.</summary>
    public IReadOnlyList<CostComparison>? Costs { get; init; }

    /// <summary>Training curves: distillation, healing.</summary>
    public IReadOnlyList<CurveChart>? Curves { get; init; }

    /// <summary>One row for each task and metric.</summary>
    public IReadOnlyList<EvaluationRow>? Evaluation { get; init; }

    /// <summary>Resident memory over the run.</summary>
    public IReadOnlyList<MemoryPoint>? Memory { get; init; }

    /// <summary>The stages in the order they ran.</summary>
    public IReadOnlyList<StageTiming>? Stages { get; init; }

    /// <summary>The recipe's text.</summary>
    public string? Recipe { get; init; }

    /// <summary>Machine and libraries: name to value, in the order shown.</summary>
    public IReadOnlyDictionary<string, string>? Environment { get; init; }

    /// <summary>Exact commands that repeat the run.</summary>
    public IReadOnlyList<string>? Commands { get; init; }

    /// <summary>Remarks and warnings, shown below the headline.</summary>
    public IReadOnlyList<string>? Notes { get; init; }

    /// <summary>The JSON form, snake_case, indented.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, s_json);

    /// <summary>Reads <see cref="ToJson"/>'s form. Throws <see cref="JsonException"/> when it is not of that form.</summary>
    public static ReportData FromJson(string json) =>
        JsonSerializer.Deserialize<ReportData>(json, s_json) ?? throw new JsonException("a report cannot be null");
}

/// <summary>The figures at the top. Ratios are child over parent.</summary>
public sealed record ReportHeadline
{
    /// <summary>Generated tokens per second, each at its best batch, measured on the engine that the costs come from, or torch.</summary>
    public double? Speedup { get; init; }

    /// <summary>Measured speed-up by engine, as recipes name it; null where the engine was not at hand.</summary>
    public IReadOnlyDictionary<string, double?>? Speedups { get; init; }

    /// <summary>What the solver promised.</summary>
    public double? SpeedupPredicted { get; init; }

    /// <summary>Mean over tasks of child/parent accuracy.</summary>
    public double? Recovery { get; init; }

    /// <summary>The lower bound of its 95 % interval: a paired bootstrap over the documents of all tasks.</summary>
    public double? RecoveryLow { get; init; }

    /// <summary>The upper bound.</summary>
    public double? RecoveryHigh { get; init; }

    /// <summary>The same after subtracting chance.</summary>
    public double? RecoveryAboveChance { get; init; }

    /// <summary>Weights and KV cache in the scenario, child over parent.</summary>
    public double? MemoryRatio { get; init; }

    /// <summary>Block parameters, child over parent.</summary>
    public double? ParamsRatio { get; init; }

    /// <summary>Wall time of the whole run.</summary>
    public double? Seconds { get; init; }

    /// <summary>The scenario in words, for example <c>chat: 128 in, 128 out, batch up to 8</c>.</summary>
    public string? Scenario { get; init; }

    /// <summary>Limits that the child missed when measured, each in one line.</summary>
    public IReadOnlyList<string> Missed { get; init; } = [];
}

/// <summary>One model as measured in the run's scenario.</summary>
public sealed record ModelStats
{
    /// <summary>All parameters, tied weights once.</summary>
    public long? Params { get; init; }

    /// <summary>Parameters of the layers: projections, biases, both norms.</summary>
    public long? BlockParams { get; init; }

    /// <summary>Weights in MiB.</summary>
    public double? WeightsMib { get; init; }

    /// <summary>KV cache at the scenario's batch and length, MiB.</summary>
    public double? KvMib { get; init; }

    /// <summary>Generated tokens per second.</summary>
    public double? TokensPerS { get; init; }

    /// <summary>Time to first token, ms.</summary>
    public double? TtftMs { get; init; }

    /// <summary>Time per output token, ms.</summary>
    public double? TpotMs { get; init; }

    /// <summary>Task to accuracy (0 to 1).</summary>
    public IReadOnlyDictionary<string, double>? Accuracy { get; init; }

    /// <summary>Mean next-token loss on held-out text, nats.</summary>
    public double? Loss { get; init; }
}

/// <summary>What became of one layer: ids as in recipes, and the fraction (0 to 1) of the parent subblock's parameters that is kept.</summary>
public sealed record LayerKept(
    int Layer, string ParentAttention, string Attention, double AttentionKept, string ParentFeedForward, string FeedForward, double FeedForwardKept);

/// <summary>Values[v][layer] is the score of putting Variants[v] into that layer alone; null where it was not scored.</summary>
public sealed record ScoreMap(string Metric, IReadOnlyList<string> Variants, IReadOnlyList<IReadOnlyList<double?>> Values);

/// <summary>Quality against speed. The sweep has a quality of its own (the solver's predicted score) unless the names are equal.</summary>
public sealed record ParetoFront
{
    /// <summary>What the vertical axis is, for example <c>recovery</c>.</summary>
    public required string QualityName { get; init; }

    /// <summary>True where a smaller quality is better (KL, loss).</summary>
    public bool LowerIsBetter { get; init; }

    /// <summary>Parent, child, baselines.</summary>
    public required IReadOnlyList<ParetoPoint> Points { get; init; }

    /// <summary>The solver's optima over a range of targets.</summary>
    public IReadOnlyList<ParetoPoint>? Sweep { get; init; }

    /// <summary>What the sweep's quality is; null: the same as the points'.</summary>
    public string? SweepQualityName { get; init; }

    /// <summary>Parent, child and every baseline as the solver predicts them, where the sweep has a quality of its own.</summary>
    public IReadOnlyList<ParetoPoint>? SweepPoints { get; init; }
}

/// <summary>What a point of the Pareto chart is.</summary>
public enum ParetoKind
{
    /// <summary>Another way to make a child of this size.</summary>
    Baseline,

    /// <summary>The unchanged parent.</summary>
    Parent,

    /// <summary>The run's child.</summary>
    Child,
}

/// <summary>One model: quality, generated tokens per second, memory in MiB, block parameters.</summary>
public sealed record ParetoPoint(
    string Name, ParetoKind Kind, double Quality, double TokensPerS, double? MemoryMib = null, long? BlockParams = null);

/// <summary>Parent and child timed end to end on an engine in a scenario, each at its own best batch.</summary>
public sealed record SpeedRow(string Engine, string Scenario, double ParentTokensPerS, double ChildTokensPerS, int ParentBatch, int ChildBatch)
{
    /// <summary>Child over parent.</summary>
    [JsonIgnore]
    public double Speedup => ChildTokensPerS / ParentTokensPerS;
}

/// <summary>A cost as the model predicted it and as it was measured, in <paramref name="Unit"/>.</summary>
public sealed record CostComparison(string Name, double Predicted, double? Measured, string Unit);

/// <summary>One chart of training: series over steps.</summary>
public sealed record CurveChart(string Title, string StepName, string ValueName, IReadOnlyList<CurveSeries> Series, bool LogScale = false);

/// <summary>One line of a chart; both lists have the same length.</summary>
public sealed record CurveSeries(string Name, IReadOnlyList<double> Steps, IReadOnlyList<double> Values);

/// <summary>One task and metric. Recovery is child/parent with the bounds of its 95 % interval (paired bootstrap over documents).</summary>
public sealed record EvaluationRow(
    string Task, string Metric, double Parent, double Child, double? Recovery = null, double? RecoveryLow = null, double? RecoveryHigh = null,
    int? Documents = null, double? Chance = null);

/// <summary>Resident memory of the process, this many seconds after the run began.</summary>
public sealed record MemoryPoint(double Seconds, double Mib);

/// <summary>One stage: its wall time, peak resident memory, when it began in the run, whether its result was there already.</summary>
public sealed record StageTiming(string Name, double Seconds, double? PeakMib = null, double? StartSeconds = null, bool Reused = false);
