using System.Collections;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Puzzle.Core.Text.Jinja;

/// <summary>Turns plain values and JSON into values of templates and back. Everything is copied: a template never holds an object of the program.</summary>
internal static class TemplateValues
{
    public static object? Import(RenderContext context, object? value)
    {
        RenderContext.CheckStack();
        context.Allow(1, value is string given ? given.Length : 0);
        switch (value)
        {
            case null or string or bool or long or double or BigInteger:
                return value;
            case int or short or byte or sbyte or ushort or uint:
                return Convert.ToInt64(value);
            case float number:
                return (double)number;
            case JsonElement json:
                return Json(context, json);
            case JsonValue node:
                return Json(context, JsonSerializer.SerializeToElement(node));
            case JsonArray array:
                return new Sequence([.. array.Select(item => Import(context, item))]);
            case JsonObject fields:
                return Entries(context, fields.Select(field => new KeyValuePair<string, object?>(field.Key, field.Value)));
            case IEnumerable<KeyValuePair<string, object?>> entries:
                return Entries(context, entries);
            case IEnumerable<KeyValuePair<string, string>> entries:
                return Entries(context, entries.Select(entry => new KeyValuePair<string, object?>(entry.Key, entry.Value)));
            case IEnumerable items:
                return new Sequence([.. items.Cast<object?>().Select(item => Import(context, item))]);
            default:
                throw new ArgumentException($"{value.GetType()} is no plain value");
        }
    }

    /// <summary>Plain values: string, long, double, bool, null, lists and dictionaries.</summary>
    public static object? Export(object? value)
    {
        RenderContext.CheckStack();
        return value switch
        {
            null or string or bool or long or double or BigInteger => value,
            Sequence sequence => sequence.Items.Select(Export).ToList(),
            Map map => new OrderedDictionary<string, object?>(map.Entries.Select(entry => new KeyValuePair<string, object?>(entry.Key?.ToString() ?? "None", Export(entry.Value)))),
            Undefined undefined => throw undefined.Fail(),
            _ => throw new TemplateException($"a {Values.TypeName(value)} is no plain value"),
        };
    }

    private static Map Entries(RenderContext context, IEnumerable<KeyValuePair<string, object?>> entries)
    {
        var map = new Map();
        foreach (var (key, value) in entries)
            map.Set(key, Import(context, value));
        return map;
    }

    private static object? Json(RenderContext context, JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => Entries(context, json.EnumerateObject().Select(field => new KeyValuePair<string, object?>(field.Name, field.Value))),
        JsonValueKind.Array => new Sequence([.. json.EnumerateArray().Select(item => Import(context, item))]),
        JsonValueKind.String => Import(context, json.GetString()),
        JsonValueKind.Number => json.TryGetInt64(out var integer) ? integer : PythonNumbers.ParseInteger(json.GetRawText()) ?? json.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };
}
