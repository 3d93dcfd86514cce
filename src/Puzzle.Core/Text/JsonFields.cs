using System.Text.Json;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Text;

/// <summary>Typed access to fields of a JSON object, with messages that name file and field.</summary>
internal static class JsonFields
{
    /// <summary>Parses a file of someone else's: depth is bounded, duplicate keys are refused.</summary>
    public static JsonDocument Parse(ReadOnlyMemory<byte> utf8, string file)
    {
        try
        {
            if (utf8.Span.StartsWith("\uFEFF"u8))
                utf8 = utf8[3..];
            return JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = 64, AllowDuplicateProperties = false });
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The parser reports a property name with half a surrogate pair as an invalid operation.
            throw new BadInputException($"{file} is not valid JSON: {e.Message}", e);
        }
    }

    public static JsonElement? Field(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public static JsonElement Required(this JsonElement element, string name, string file) =>
        element.Field(name) ?? throw new BadInputException($"{file}: the field '{name}' is missing.");

    public static string Text(this JsonElement element, string file, string what)
    {
        try
        {
            return element.ValueKind == JsonValueKind.String ? element.GetString()! : throw Wrong(file, what, "a string", element);
        }
        catch (InvalidOperationException e)
        {
            throw new BadInputException($"{file}: {what} is not valid text (a surrogate without its partner).", e);
        }
    }

    public static string? OptionalText(this JsonElement element, string name, string file) => element.Field(name)?.Text(file, name);

    public static bool Flag(this JsonElement element, string name, string file, bool otherwise = false) => element.Field(name) switch
    {
        null => otherwise,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } other => throw Wrong(file, name, "true or false", other),
    };

    public static int Integer(this JsonElement element, string file, string what) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out var value) ? value : throw Wrong(file, what, "an integer", element);

    public static JsonElement.ArrayEnumerator Items(this JsonElement element, string file, string what) =>
        element.ValueKind == JsonValueKind.Array ? element.EnumerateArray() : throw Wrong(file, what, "an array", element);

    public static BadInputException Wrong(string file, string what, string expected, JsonElement found)
    {
        var text = found.GetRawText();
        return new BadInputException($"{file}: {what} must be {expected}, not {(text.Length > 80 ? text[..80] + "..." : text)}.");
    }
}
