using System.Text.Json;
using System.Text.Json.Nodes;

namespace Puzzle.Benchmarks;

/// <summary>One run of one benchmark: result, bounds, and what it ran on.</summary>
internal sealed record BenchmarkRecord(IBenchmark Benchmark, BenchmarkResult Result, IReadOnlyList<Bound> Bounds, Hardware Hardware, DateTime Date, double Seconds)
{
    /// <summary>The bounds that are missed.</summary>
    public IReadOnlyList<Bound> Missed => [.. Bounds.Where(bound => !bound.Holds(Measured(bound)))];

    /// <summary>The record as JSON.</summary>
    public JsonObject ToJson() => new()
    {
        ["benchmark"] = Benchmark.Name,
        ["purpose"] = Benchmark.Purpose,
        ["hardware"] = Hardware.Name,
        ["date"] = Date.ToString("yyyy-MM-dd"),
        ["seconds"] = Math.Round(Seconds, 3),
        ["metrics"] = new JsonObject(Result.Metrics.Select(metric => KeyValuePair.Create(metric.Key, (JsonNode?)Number(metric.Value)))),
        ["bounds"] = new JsonArray([.. Bounds.Select(bound => new JsonObject
        {
            ["metric"] = bound.Metric,
            ["bound"] = bound.InWords(),
            ["from"] = bound.From,
            ["measured"] = Measured(bound) is { } value ? Number(value) : null,
            ["holds"] = bound.Holds(Measured(bound)),
        })]),
        ["missed"] = new JsonArray([.. Missed.Select(bound => (JsonNode)bound.Metric)]),
        ["notes"] = new JsonArray([.. Result.Notes.Select(note => (JsonNode)note)]),
    };

    /// <summary>The record for people: tables, then bound by bound its quoted text and whether it holds.</summary>
    public string ToMarkdown()
    {
        List<string> parts = [$"# {Benchmark.Name}: {Benchmark.Purpose}", $"{Date:yyyy-MM-dd}, {Hardware.Name}, {Seconds:0.#} s", .. Result.Tables.Select(table => table.ToMarkdown())];
        if (Result.Notes.Count > 0)
            parts.Add(string.Join('\n', Result.Notes.Select(note => $"- {note}")));
        if (Bounds.Count > 0)
            parts.Add(string.Join('\n', Bounds.Select(bound =>
                $"- {(bound.Holds(Measured(bound)) ? "pass" : "MISS")} `{bound.Metric}` = {(Measured(bound) is { } value ? $"{value:0.######}" : "not measured")}, {bound.InWords()}: \"{bound.From}\"")));
        return string.Join("\n\n", parts) + "\n";
    }

    /// <summary>The file's text.</summary>
    public string ToJsonText() => ToJson().ToJsonString(s_indented) + "\n";

    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static JsonValue? Number(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;

    private double? Measured(Bound bound) => Result.Metrics.TryGetValue(bound.Metric, out var value) ? value : null;
}
