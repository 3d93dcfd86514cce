using System.Text.Json;

namespace Puzzle.Evaluation.Text;

/// <summary>JSON as plain values: string, long, double, bool, null, lists and dictionaries. Documents and templates work on these.</summary>
public static class JsonValues
{
    /// <summary>The members of an object, in their order; empty for anything else.</summary>
    public static IReadOnlyDictionary<string, object?> Members(JsonElement json)
    {
        var members = new OrderedDictionary<string, object?>(StringComparer.Ordinal);
        if (json.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in json.EnumerateObject())
                members[property.Name] = Value(property.Value);
        }

        return members;
    }

    public static object? Value(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => Members(json),
        JsonValueKind.Array => json.EnumerateArray().Select(Value).ToList(),
        JsonValueKind.String => json.GetString(),
        JsonValueKind.Number => json.TryGetInt64(out var integer) ? (object)integer : json.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };
}
