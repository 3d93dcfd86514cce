using System.Text.Json;
using System.Text.Json.Serialization;

namespace Puzzle.Core.Reports;

/// <summary>The JSON document that ends <c>puzzle run --json</c>: one line, absolute paths.</summary>
public sealed record RunSummary
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        // JSON has no NaN: a reader of the last line must be able to parse it with anything.
        Converters = { new FiniteOrNull() },
    };

    /// <summary>Always <c>done</c>: an error has a shape of its own.</summary>
    public string Status { get; init; } = "done";

    /// <summary>Folder of the child.</summary>
    public required string Child { get; init; }

    /// <summary>The HTML report.</summary>
    public required string Report { get; init; }

    /// <summary>See <see cref="ReportHeadline.Speedup"/>.</summary>
    public double? Speedup { get; init; }

    /// <summary>See <see cref="ReportHeadline.Speedups"/>.</summary>
    public required IReadOnlyDictionary<string, double?> Speedups { get; init; }

    /// <summary>See <see cref="ReportHeadline.SpeedupPredicted"/>.</summary>
    public double? SpeedupPredicted { get; init; }

    /// <summary>See <see cref="ReportHeadline.Recovery"/>.</summary>
    public double? Recovery { get; init; }

    /// <summary>See <see cref="ReportHeadline.RecoveryAboveChance"/>.</summary>
    public double? RecoveryAboveChance { get; init; }

    /// <summary>See <see cref="ReportHeadline.Scenario"/>.</summary>
    public string? Scenario { get; init; }

    /// <summary>Limits missed when measured.</summary>
    public required IReadOnlyList<string> Missed { get; init; }

    /// <summary>The parent as measured.</summary>
    public required ModelStats Parent { get; init; }

    /// <summary>The child as measured.</summary>
    public required ModelStats ChildStats { get; init; }

    /// <summary>Wall time of the whole run.</summary>
    public double? Seconds { get; init; }

    /// <summary>Stage to its wall time and peak memory.</summary>
    public required IReadOnlyDictionary<string, StageSummary> Stages { get; init; }

    /// <summary>The summary of a finished run; the paths are made absolute.</summary>
    public static RunSummary Of(ReportData data, string child, string report)
    {
        var stages = new Dictionary<string, StageSummary>(StringComparer.Ordinal);
        foreach (var stage in data.Stages ?? [])
            stages[stage.Name] = new StageSummary(stage.Seconds, stage.PeakMib, stage.Reused);
        return new RunSummary
        {
            Child = Path.GetFullPath(child),
            Report = Path.GetFullPath(report),
            Speedup = data.Headline.Speedup,
            Speedups = data.Headline.Speedups ?? new Dictionary<string, double?>(StringComparer.Ordinal),
            SpeedupPredicted = data.Headline.SpeedupPredicted,
            Recovery = data.Headline.Recovery,
            RecoveryAboveChance = data.Headline.RecoveryAboveChance,
            Scenario = data.Headline.Scenario,
            Missed = data.Headline.Missed,
            Parent = data.Parent ?? new ModelStats(),
            ChildStats = data.Child ?? new ModelStats(),
            Seconds = data.Headline.Seconds,
            Stages = stages,
        };
    }

    /// <summary>The document on one line.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, s_json);

    private sealed class FiniteOrNull : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDouble();

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value))
                writer.WriteNumberValue(value);
            else
                writer.WriteNullValue();
        }
    }
}

/// <summary>One stage in the summary.</summary>
public sealed record StageSummary(double Seconds, double? PeakMib, bool Reused);
