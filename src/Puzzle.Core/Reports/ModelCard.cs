using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Puzzle.Core.Reports;

/// <summary>The child's README.md: front matter as the model hub reads it, then what was removed, figures, hardware and recipe.</summary>
public static class ModelCard
{
    private static readonly JsonSerializerOptions s_quoted = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Renders the card. Texts from outside are quoted in the front matter and escaped in the body.</summary>
    public static string Render(ReportData data, ModelCardOptions? options = null)
    {
        var text = new StringBuilder();
        FrontMatter(text, data, options ?? new ModelCardOptions());
        var h = data.Headline;
        Line(text, $"# {MarkdownText.Escape(data.ChildName)}\n");
        Line(text, $"Made from {MarkdownText.Escape(data.ParentName)} with Puzzle: every layer's attention and feed-forward network was replaced by the cheapest variant that the whole model can bear, then the child was healed by distillation from its parent.\n");
        if (h.Speedup is not null)
            Line(text, $"- **{Quantity.Times(h.Speedup)}** the parent's generated tokens per second{(h.Scenario is { } scenario ? $" ({MarkdownText.Escape(scenario)})" : "")}");
        foreach (var (engine, speedup) in h.Speedups ?? new Dictionary<string, double?>(StringComparer.Ordinal))
            Line(text, $"- {Quantity.Times(speedup)} on {MarkdownText.Escape(engine)}");
        if (h.Recovery is not null)
            Line(text, $"- **{Quantity.Percent(h.Recovery)}** of the parent's accuracy, mean over tasks{(h.RecoveryAboveChance is { } above ? $" ({Quantity.Percent(above)} above chance)" : "")}{(h is { RecoveryLow: { } low, RecoveryHigh: { } high } ? $"; 95 % interval {Quantity.Percent(low)} to {Quantity.Percent(high)}" : "")}");
        if (h.ParamsRatio is not null)
            Line(text, $"- {Quantity.Percent(h.ParamsRatio, 0)} of the parent's block parameters");
        if (h.MemoryRatio is not null)
            Line(text, $"- {Quantity.Percent(h.MemoryRatio, 0)} of the parent's memory (weights and KV cache in the scenario)");
        foreach (var missed in h.Missed)
            Line(text, $"- Missed when measured: {MarkdownText.Escape(missed)}");
        Line(text, "");
        Models(text, data);
        Evaluation(text, data);
        Layers(text, data);
        Closing(text, data);
        return text.ToString();
    }

    private static void FrontMatter(StringBuilder text, ReportData data, ModelCardOptions options)
    {
        Line(text, "---");
        if (options.BaseModel is { } parent)
        {
            Line(text, $"base_model: {Scalar(parent)}");
            Line(text, $"base_model_relation: {Scalar(options.BaseModelRelation)}");
        }

        if (options.License is { } license)
            Line(text, $"license: {Scalar(license)}");
        Line(text, $"library_name: {Scalar(options.LibraryName)}");
        Line(text, "pipeline_tag: text-generation");
        foreach (var (key, values) in new[] { ("language", options.Languages), ("datasets", options.Datasets), ("tags", options.Tags) })
        {
            if (values.Count > 0)
                Line(text, $"{key}:\n{string.Join('\n', values.Select(v => "- " + Scalar(v)))}");
        }

        var rows = (data.Evaluation ?? []).Where(r => double.IsFinite(r.Child)).ToList();
        if (rows.Count > 0)
        {
            Line(text, $"model-index:\n- name: {Scalar(data.ChildName)}\n  results:");
            foreach (var r in rows)
            {
                Line(text, $"  - task:\n      type: text-generation\n    dataset:\n      name: {Scalar(r.Task)}\n      type: {Scalar(r.Task)}");
                Line(text, $"    metrics:\n    - type: {Scalar(r.Metric)}\n      value: {r.Child.ToString("0.######", CultureInfo.InvariantCulture)}");
            }
        }

        Line(text, "---\n");
    }

    private static void Models(StringBuilder text, ReportData data)
    {
        if (data is not { Parent: { } parent, Child: { } child })
            return;
        Line(text, "## Against the parent\n\n| | parent | child |\n| --- | ---: | ---: |");
        foreach (var (name, before, after, show) in ModelFigures.Of(parent, child))
            Line(text, $"| {name} | {show(before)} | {show(after)} |");
        Line(text, "");
    }

    private static void Evaluation(StringBuilder text, ReportData data)
    {
        if (data.Evaluation is not { Count: > 0 } rows)
            return;
        Line(text, "## Evaluation\n\n| task | metric | parent | child | recovery | 95 % interval | n |\n| --- | --- | ---: | ---: | ---: | --- | ---: |");
        foreach (var r in rows)
        {
            Line(text, $"| {MarkdownText.Escape(r.Task)} | {MarkdownText.Escape(r.Metric)} | {QualitySections.Figure(r, r.Parent)} | {QualitySections.Figure(r, r.Child)} | {Quantity.Percent(r.Recovery)} | {ModelFigures.Interval(r.RecoveryLow, r.RecoveryHigh)} | {r.Documents} |");
        }

        Line(text, "");
    }

    private static void Layers(StringBuilder text, ReportData data)
    {
        if (data.Layers is not { Count: > 0 } layers)
            return;
        Line(text, "## What was removed\n\n| layer | attention | kept | feed-forward | kept |\n| ---: | --- | ---: | --- | ---: |");
        foreach (var l in layers)
        {
            Line(text, $"| {l.Layer} | {MarkdownText.Escape(ArchitectureStrip.Change(l.ParentAttention, l.Attention))} | {Quantity.Percent(l.AttentionKept, 0)} "
                + $"| {MarkdownText.Escape(ArchitectureStrip.Change(l.ParentFeedForward, l.FeedForward))} | {Quantity.Percent(l.FeedForwardKept, 0)} |");
        }

        Line(text, "");
    }

    private static void Closing(StringBuilder text, ReportData data)
    {
        if (data.Environment is { Count: > 0 } environment)
        {
            Line(text, "## Measured on\n");
            foreach (var (name, value) in environment)
                Line(text, $"- {MarkdownText.Escape(name)}: {MarkdownText.Escape(value)}");
            Line(text, "");
        }

        Line(text, "## Limits\n\nThe child inherits its parent's limits and biases. Its quality is known on the tasks above only; test it on yours.\n");
        if (data.Recipe is { } recipe)
            Line(text, $"## Recipe\n\n{MarkdownText.Fenced("yaml", recipe)}\n");
        if (data.Commands is { Count: > 0 } commands)
            Line(text, $"## Commands\n\n{MarkdownText.Fenced("sh", string.Join('\n', commands))}\n");
    }

    // Plain where that cannot be mistaken, else JSON's quoting, which YAML's double quotes understand.
    private static string Scalar(string value)
    {
        var plain = value.Length > 0 && char.IsAsciiLetter(value[0]) && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '/' or '.')
            && value.ToLowerInvariant() is not ("null" or "true" or "false" or "yes" or "no" or "on" or "off" or "y" or "n");
        return plain ? value : JsonSerializer.Serialize(value, s_quoted);
    }

    private static void Line(StringBuilder text, string line) => text.Append(line).Append('\n');
}
