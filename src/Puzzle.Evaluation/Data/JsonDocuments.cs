using System.Text.Json;
using Puzzle.Core.Errors;
using Puzzle.Evaluation.Text;

namespace Puzzle.Evaluation.Data;

/// <summary>JSON: one object a line, or one list of objects, whatever the extension says.</summary>
internal static class JsonDocuments
{
    public static IReadOnlyList<IReadOnlyDictionary<string, object?>> Read(string path)
    {
        using (var reader = new StreamReader(path))
        {
            int first;
            while ((first = reader.Peek()) is ' ' or '\t' or '\r' or '\n')
                _ = reader.Read();
            if (first == '[')
                return Whole(path);
        }

        var documents = new List<IReadOnlyDictionary<string, object?>>();
        foreach (var (value, line) in JsonLines.Read(path))
        {
            using (value)
                documents.Add(Row(value.RootElement, $"{path}, line {line}"));
        }

        return documents;
    }

    private static List<IReadOnlyDictionary<string, object?>> Whole(string path)
    {
        using var stream = File.OpenRead(path);
        try
        {
            using var document = JsonDocument.Parse(stream);
            return [.. document.RootElement.EnumerateArray().Select((row, i) => Row(row, $"{path}, item {i + 1}"))];
        }
        catch (JsonException error)
        {
            throw new BadInputException($"{path}: no valid JSON: {error.Message}", error);
        }
    }

    private static IReadOnlyDictionary<string, object?> Row(JsonElement row, string place) => row.ValueKind == JsonValueKind.Object
        ? JsonValues.Members(row)
        : throw new BadInputException($"{place}: expected an object, found {row.ValueKind}");
}
