using System.Text.Json;
using Puzzle.Core.Errors;

namespace Puzzle.Evaluation.Text;

/// <summary>Reads JSONL files: one JSON value a line, empty lines skipped.</summary>
public static class JsonLines
{
    /// <returns>Each value with its line number, counted from 1; the caller disposes the value.</returns>
    /// <exception cref="BadInputException">No such file, or a line that is no JSON.</exception>
    public static IEnumerable<(JsonDocument Value, int Line)> Read(string path)
    {
        if (!File.Exists(path))
            throw new BadInputException($"{path}: no such file");
        return Lines(path);
    }

    private static IEnumerable<(JsonDocument Value, int Line)> Lines(string path)
    {
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
                continue;
            yield return (Parse(path, line, number), number);
        }
    }

    private static JsonDocument Parse(string path, string line, int number)
    {
        try
        {
            return JsonDocument.Parse(line);
        }
        catch (JsonException error)
        {
            throw new BadInputException($"{path}, line {number}: no valid JSON: {error.Message}", error);
        }
    }
}
