using System.Text.Json;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Data;

/// <summary>Documents of JSONL files: one object a line.</summary>
internal static class JsonDocuments
{
    /// <summary>The field of texts where the recipe names none.</summary>
    public const string TextColumn = "text";

    /// <summary>The field of chats where the recipe names none.</summary>
    public const string MessagesColumn = "messages";

    /// <summary>The texts of a field.</summary>
    public static IEnumerable<string> Texts(string path, string column) => Fields(path, column).Select(field =>
        field.Value.ValueKind == JsonValueKind.String
            ? field.Value.GetString()!
            : throw new BadInputException($"{path} line {field.Line}: '{column}' is {Kind(field.Value)}, expected a text"));

    /// <summary>The values of a field, with their lines (from 1).</summary>
    /// <exception cref="BadInputException">A line is no JSON object, or lacks the field.</exception>
    public static IEnumerable<(JsonElement Value, int Line)> Fields(string path, string column)
    {
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
                continue;
            var record = Parse(path, number, line);
            if (record.ValueKind != JsonValueKind.Object)
                throw new BadInputException($"{path} line {number}: {Kind(record)}, expected an object a line");
            yield return record.TryGetProperty(column, out var value)
                ? (value, number)
                : throw new BadInputException($"{path} line {number}: no field '{column}'; it has {string.Join(", ", record.EnumerateObject().Select(field => field.Name).Take(12))} (set column in data.sources)");
        }
    }

    /// <summary>The first record, or null where there is none or it is no JSON.</summary>
    public static JsonElement? First(string path)
    {
        try
        {
            return File.ReadLines(path).FirstOrDefault(line => !string.IsNullOrWhiteSpace(line)) is { } line ? Parse(path, 1, line) : null;
        }
        catch (BadInputException)
        {
            return null;
        }
    }

    private static JsonElement Parse(string path, int number, string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new BadInputException($"{path} line {number}: not JSON: {e.Message}", e);
        }
    }

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "true or false",
    };
}
