using Puzzle.Core.Errors;

namespace Puzzle.Evaluation.Tasks;

/// <summary>Reading documents.</summary>
public static class DocumentExtensions
{
    /// <summary>A column that holds a text.</summary>
    public static string Text(this IReadOnlyDictionary<string, object?> document, string column) => document.GetValueOrDefault(column) switch
    {
        string text => text,
        long number => number.ToString(),
        _ => throw Missing(document, column, "a text"),
    };

    /// <summary>A column that holds a list of texts.</summary>
    public static IReadOnlyList<string> Texts(this IReadOnlyDictionary<string, object?> document, string column) =>
        document.GetValueOrDefault(column) is IEnumerable<object?> list && list.All(item => item is string)
            ? [.. list.Cast<string>()]
            : throw Missing(document, column, "a list of texts");

    /// <summary>The document with further columns, in place where they exist.</summary>
    public static IReadOnlyDictionary<string, object?> With(this IReadOnlyDictionary<string, object?> document, params ReadOnlySpan<(string Column, object? Value)> columns)
    {
        var result = new OrderedDictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (column, value) in document)
            result[column] = value;
        foreach (var (column, value) in columns)
            result[column] = value;
        return result;
    }

    /// <summary>Whether two documents hold the same values.</summary>
    public static bool SameAs(this IReadOnlyDictionary<string, object?> document, IReadOnlyDictionary<string, object?> other) =>
        document.Count == other.Count && AsJson(document) == AsJson(other);

    private static string AsJson(IReadOnlyDictionary<string, object?> document) => Puzzle.Evaluation.Text.PythonJson.Write(document);

    private static BadInputException Missing(IReadOnlyDictionary<string, object?> document, string column, string expected) =>
        new($"a document has no {expected} in column {column}; its columns are {string.Join(", ", document.Keys)}");
}
