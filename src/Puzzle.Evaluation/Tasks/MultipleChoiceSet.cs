using System.Text.Json;
using Puzzle.Core.Errors;
using Puzzle.Evaluation.Metrics;
using Puzzle.Evaluation.Requests;
using Puzzle.Evaluation.Text;

namespace Puzzle.Evaluation.Tasks;

/// <summary>
/// A benchmark that is a bare JSONL file of <c>{"context", "choices", "gold"}</c>: a choice is the continuation scored
/// directly after the context. A choice's length, for acc_norm, leaves out the space that joins it to the context.
/// Every <c>{"sentence_good", "sentence_bad"}</c> line is a minimal pair: two choices after an empty context.
/// </summary>
public sealed class MultipleChoiceSet : EvalTask
{
    private static readonly TaskMetric[] s_metrics = [TaskMetric.Accuracy, TaskMetric.NormalisedAccuracy];

    /// <param name="path">The JSONL file; its name without extension is the task's where none is given.</param>
    public MultipleChoiceSet(string path, string? name = null)
    {
        Path = path;
        Name = name ?? System.IO.Path.GetFileNameWithoutExtension(path);
    }

    public string Path { get; }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override TaskOutput Output => TaskOutput.MultipleChoice;

    /// <inheritdoc/>
    public override IReadOnlyList<TaskMetric> Metrics => s_metrics;

    /// <inheritdoc/>
    public override PreparedTask Prepare(PromptOptions options)
    {
        if (options.Shots is > 0)
            throw new RecipeException($"{Path}: a bare JSONL set has no solved cases to draw; {options.Shots} were asked for. Write a task file (YAML) with a fewshot_split");
        if (options.ChatTemplate is not null)
            throw new RecipeException($"{Path}: a bare JSONL set has finished contexts; a chat template needs a task file (YAML)");
        var documents = new List<TaskDocument>();
        var count = 0;
        foreach (var (line, number) in JsonLines.Read(Path))
        {
            using (line)
            {
                count++;
                if (options.Limit is { } limit && documents.Count >= limit)
                    continue;
                documents.Add(Document(line.RootElement, number, documents.Count));
            }
        }

        if (documents.Count == 0)
            throw new BadInputException($"{Path}: no documents; one JSON object with context, choices and gold is expected on every line");
        return new PreparedTask(this, 0, count, documents, RequestHash.Of(documents));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<FilteredScore> Score(TaskDocument document, IReadOnlyList<Response> responses) =>
    [
        new(FilteredScore.NoFilter, MultipleChoiceScoring.Score(
            s_metrics.Select(metric => metric.Name), document.Choices, document.Gold, responses)),
    ];

    private TaskDocument Document(JsonElement json, int line, int index)
    {
        var (context, choices, gold) = json.ValueKind == JsonValueKind.Object && json.TryGetProperty("sentence_good", out var good)
            ? ("", new[] { " " + Text(good, "sentence_good", line), " " + Text(Property(json, "sentence_bad", line), "sentence_bad", line) }, 0)
            : Choices(json, line);
        return new TaskDocument
        {
            Index = index,
            Content = JsonValues.Members(json),
            Target = (long)gold,
            Gold = [gold],
            Choices = [.. choices.Select(PythonText.Trim)],
            Chance = 1.0 / choices.Length,
            Requests = [.. choices.Select(choice => new ContinuationRequest(context, choice))],
        };
    }

    private (string Context, string[] Choices, int Gold) Choices(JsonElement json, int line)
    {
        var list = Property(json, "choices", line);
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() == 0)
            throw Wrong(line, "choices", list, "a list of texts");
        var choices = list.EnumerateArray().Select(choice => Text(choice, "choices", line)).ToArray();
        var index = Property(json, "gold", line);
        if (index.ValueKind != JsonValueKind.Number || !index.TryGetInt32(out var gold) || gold < 0 || gold >= choices.Length)
            throw Wrong(line, "gold", index, $"the index of the right choice, 0 to {choices.Length - 1}");
        return (Text(Property(json, "context", line), "context", line), choices, gold);
    }

    private JsonElement Property(JsonElement json, string name, int line) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value)
            ? value
            : throw new BadInputException($"{Path}, line {line}: \"{name}\" is missing; expected an object with context, choices and gold");

    private string Text(JsonElement value, string name, int line) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Wrong(line, name, value, "a text");

    private BadInputException Wrong(int line, string name, JsonElement found, string expected)
    {
        var text = found.GetRawText();
        return new BadInputException($"{Path}, line {line}: \"{name}\" is {(text.Length > 60 ? text[..60] + "…" : text)}; expected {expected}");
    }
}
