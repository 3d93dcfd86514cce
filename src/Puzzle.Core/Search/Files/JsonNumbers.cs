using System.Text.Json;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Search.Files;

/// <summary>Reads objects of named numbers.</summary>
internal static class JsonNumbers
{
    /// <summary>The numbers of an object's property; nulls (not measured) are left out.</summary>
    public static Dictionary<string, double> Read(JsonElement parent, string property, string where)
    {
        if (parent.ValueKind != JsonValueKind.Object || !parent.TryGetProperty(property, out var numbers) || numbers.ValueKind != JsonValueKind.Object)
            throw new BadInputException($"{where}: needs an object '{property}' of numbers");
        return Read(numbers, $"{where}, {property}");
    }

    /// <summary>The numbers of an object; nulls are left out, true and false count as 1 and 0.</summary>
    public static Dictionary<string, double> Read(JsonElement numbers, string where)
    {
        if (numbers.ValueKind != JsonValueKind.Object)
            throw new BadInputException($"{where}: must be an object of numbers, not {numbers.ValueKind}");
        var read = new Dictionary<string, double>();
        foreach (var entry in numbers.EnumerateObject())
        {
            if (entry.Value.ValueKind == JsonValueKind.Null)
                continue;
            read[entry.Name] = entry.Value.ValueKind switch
            {
                JsonValueKind.Number when entry.Value.TryGetDouble(out var number) && double.IsFinite(number) => number,
                JsonValueKind.True => 1,
                JsonValueKind.False => 0,
                // Numbers that JSON cannot hold, as Python's writers spell them in strings.
                JsonValueKind.String when entry.Value.GetString() is "NaN" or "Infinity" or "-Infinity" => double.NaN,
                _ => throw new BadInputException($"{where}: {entry.Name} is {entry.Value.GetRawText()}, not a number"),
            };
        }

        return read;
    }
}
