using System.Text.Json;
using System.Text.Unicode;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Checkpoints;

/// <summary>A JSON object of a model folder, read strictly: each getter says in its error the file, the key, what was found and what would be right.</summary>
internal readonly struct ConfigObject(string path, string prefix, JsonElement json)
{
    private const long MaxBytes = 16 << 20;

    /// <summary>Reads a file that must hold one JSON object, without duplicate keys.</summary>
    public static ConfigObject Read(string path, long maxBytes = MaxBytes)
    {
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists)
                throw new BadInputException($"{path}: no such file");
            using var stream = file.OpenRead();
            if (stream.Length > maxBytes)
                throw new BadInputException($"{path}: {stream.Length} bytes are too many for a configuration (at most {maxBytes})");
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return Parse(path, bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new BadInputException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    public static ConfigObject Parse(string path, ReadOnlyMemory<byte> utf8)
    {
        if (utf8.Span.StartsWith("\uFEFF"u8))
            utf8 = utf8[3..];
        try
        {
            CheckText(utf8.Span);
            using var document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = 64, AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new BadInputException($"{path}: should hold a JSON object, found {document.RootElement.ValueKind}");
            return new(path, "", document.RootElement.Clone());
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new BadInputException($"{path}: not sound JSON: {e.Message}", e);
        }
    }

    // Names and strings that are no text (broken UTF-8, half a surrogate pair) are found here once, not wherever one is read.
    private static void CheckText(ReadOnlySpan<byte> utf8)
    {
        if (!Utf8.IsValid(utf8))
            throw new JsonException("it is not UTF-8");
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = 64 });
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped)
                reader.GetString();
        }
    }

    public string Path => path;

    public bool IsPresent(string key) => json.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>Whether the key is there with the value null, which is not the same as absent for some keys.</summary>
    public bool IsNull(string key) => json.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.Null;

    public int Int(string key, int min, int max) =>
        OptionalInt(key, min, max) ?? throw new BadInputException($"{path}: {prefix}{key} is absent; an integer from {min} to {max} would be right");

    public int? OptionalInt(string key, int min, int max)
    {
        if (!IsPresent(key))
            return null;
        var value = json.GetProperty(key);
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= min && number <= max
            ? (int)number
            : throw Wrong(key, $"an integer from {min} to {max}");
    }

    public double? OptionalNumber(string key)
    {
        if (!IsPresent(key))
            return null;
        var value = json.GetProperty(key);
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number)
            ? number
            : throw Wrong(key, "a finite number");
    }

    /// <summary>A number above zero.</summary>
    public double? OptionalPositive(string key) => OptionalNumber(key) switch
    {
        <= 0 => throw Wrong(key, "a number above zero"),
        var number => number,
    };

    public bool Flag(string key)
    {
        if (!IsPresent(key))
            return false;
        var value = json.GetProperty(key);
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong(key, "true or false");
    }

    public string? OptionalText(string key)
    {
        if (!IsPresent(key))
            return null;
        var value = json.GetProperty(key);
        return value.ValueKind == JsonValueKind.String ? value.GetString() : throw Wrong(key, "a string");
    }

    public ConfigObject? OptionalObject(string key)
    {
        if (!IsPresent(key))
            return null;
        var value = json.GetProperty(key);
        return value.ValueKind == JsonValueKind.Object ? new(path, $"{prefix}{key}.", value) : throw Wrong(key, "an object");
    }

    public ConfigObject Object(string key) => OptionalObject(key) ?? throw Wrong(key, "an object");

    /// <summary>An array of objects, or null where the key is absent.</summary>
    public IReadOnlyList<ConfigObject>? OptionalObjects(string key)
    {
        if (!IsPresent(key))
            return null;
        var value = json.GetProperty(key);
        if (value.ValueKind != JsonValueKind.Array)
            throw Wrong(key, "an array");
        List<ConfigObject> objects = [];
        foreach (var element in value.EnumerateArray())
        {
            if (element.ValueKind != JsonValueKind.Object)
                throw new BadInputException($"{path}: {prefix}{key}[{objects.Count}] should be an object, found {Show(element)}");
            objects.Add(new(path, $"{prefix}{key}[{objects.Count}].", element));
        }

        return objects;
    }

    /// <summary>An array of strings, or null where the key is absent.</summary>
    public IReadOnlyList<string>? OptionalTexts(string key)
    {
        if (!IsPresent(key))
            return null;
        var value = json.GetProperty(key);
        return value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(element => element.ValueKind == JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(element => element.GetString()!)]
            : throw Wrong(key, "an array of strings");
    }

    /// <summary>One integer or an array of integers, or null where the key is absent.</summary>
    public IReadOnlyList<long>? OptionalIntegers(string key)
    {
        if (!IsPresent(key))
            return null;
        var value = json.GetProperty(key);
        List<long> numbers = [];
        foreach (var element in value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().AsEnumerable() : [value])
            numbers.Add(element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out var number) ? number : throw Wrong(key, "an integer or an array of integers"));
        return numbers;
    }

    /// <summary>The names of all keys.</summary>
    public IEnumerable<string> Keys => json.EnumerateObject().Select(property => property.Name);

    /// <summary>All members, which must be strings.</summary>
    public IEnumerable<(string Key, string Value)> Texts()
    {
        foreach (var property in json.EnumerateObject())
        {
            yield return property.Value.ValueKind == JsonValueKind.String
                ? (property.Name, property.Value.GetString()!)
                : throw Wrong(property.Name, "a string");
        }
    }

    public BadInputException Wrong(string key, string expected) =>
        new($"{path}: {prefix}{key} is {(json.TryGetProperty(key, out var value) ? Show(value) : "absent")}; {expected} would be right");

    public BadInputException Bad(string problem) => new($"{path}: {(prefix.Length > 0 ? $"{prefix.TrimEnd('.')}: " : "")}{problem}");

    private static string Show(JsonElement value)
    {
        var text = value.GetRawText();
        return text.Length <= 80 ? text : $"{text[..80]}...";
    }
}
