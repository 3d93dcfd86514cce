using Puzzle.Core.Errors;
using Puzzle.Evaluation.Functions;
using Puzzle.Evaluation.Text;

namespace Puzzle.Evaluation.TaskFiles;

/// <summary>
/// What a task file's <c>doc_to_text</c>, <c>doc_to_target</c> and <c>doc_to_choice</c> say of a document: a column's name
/// gives the column, any other text is a template, functions are built-ins.
/// </summary>
internal sealed class TaskFields(TaskConfiguration task)
{
    private readonly Dictionary<string, TaskTemplate> _templates = new(StringComparer.Ordinal);

    /// <summary>The question: a text, or the index of the right choice where each choice is a context of its own.</summary>
    /// <param name="given">Instead of the task's own; null takes that.</param>
    public object? Text(IReadOnlyDictionary<string, object?> document, object? given = null)
    {
        var field = given ?? task.DocToText ?? throw Missing("doc_to_text");
        var value = Value(document, field);
        return value is string text && IsTemplate(document, field) ? Digits(text) : value;
    }

    /// <summary>What would be right: a text, an index, or a list of either.</summary>
    public object? Target(IReadOnlyDictionary<string, object?> document, object? given = null)
    {
        var field = given ?? task.DocToTarget ?? throw Missing("doc_to_target");
        var value = Value(document, field);
        if (value is not string text || !IsTemplate(document, field))
            return value;
        if (text.Length >= 2 && text[0] == '[' && text[^1] == ']' && PythonLiteral.TryParse(text, out var list))
            return list;
        return Digits(text);
    }

    /// <summary>The choices, without a delimiter.</summary>
    public IReadOnlyList<string> Choices(IReadOnlyDictionary<string, object?> document, object? given = null)
    {
        var field = given ?? task.DocToChoice ?? throw Missing("doc_to_choice");
        var value = Value(document, field);
        if (value is string text && field is string)
        {
            if (!PythonLiteral.TryParse(text, out value))
                throw new BadInputException($"{task.Source}: doc_to_choice gave {Shortened(text)}; expected a list");
        }

        return value switch
        {
            IReadOnlyDictionary<string, object?> map => [.. map.Values.Select(PythonText.Of)],
            IEnumerable<object?> list => [.. list.Select(PythonText.Of)],
            _ => throw new BadInputException($"{task.Source}: doc_to_choice gave {Shortened(PythonText.Of(value))}; expected a list"),
        };
    }

    /// <summary>A column or a template as text; null where the task has none.</summary>
    public string? Resolved(IReadOnlyDictionary<string, object?> document, string? field) =>
        field is null ? null : PythonText.Of(Value(document, field));

    private object? Value(IReadOnlyDictionary<string, object?> document, object field) => field switch
    {
        string column when document.TryGetValue(column, out var value) => value is bool truth ? (truth ? 1L : 0L) : value,
        string template => Template(template).Render(document),
        FunctionReference function => BuiltInFunctions.Field(function, task.DatasetPath, task.Source)(document),
        _ => field,
    };

    private TaskTemplate Template(string text)
    {
        if (!_templates.TryGetValue(text, out var template))
            _templates[text] = template = new TaskTemplate(text, task.Source);
        return template;
    }

    // An index, where there are choices to be indexed.
    private object Digits(string text) =>
        task.DocToChoice is not null && text.Length > 0 && text.All(char.IsAsciiDigit) && long.TryParse(text, out var index) ? index : text;

    private static bool IsTemplate(IReadOnlyDictionary<string, object?> document, object field) => field is string name && !document.ContainsKey(name);

    private static string Shortened(string text) => text.Length > 60 ? text[..60] + "…" : text;

    private BadInputException Missing(string key) => new($"{task.Source}: key {key} is missing; task {task.Task} needs it");
}
