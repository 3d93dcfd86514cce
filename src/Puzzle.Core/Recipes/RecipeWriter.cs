using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Puzzle.Core.Recipes;

/// <summary>Writes a recipe as commented YAML: what differs from the defaults as keys, every other key behind a # with its default. Reading it gives the same recipe.</summary>
public static partial class RecipeWriter
{
    private const int Width = 120;

    /// <summary>The YAML.</summary>
    /// <param name="recipe">A <see cref="Recipe"/>.</param>
    /// <param name="header">Lines above it, without #.</param>
    /// <param name="allKeys">Whether keys at their default are listed too, behind #.</param>
    public static string Write(Recipe recipe, string header, bool allKeys = true)
    {
        var text = new StringBuilder();
        foreach (var line in header.Split('\n'))
            text.Append(line.Length > 0 ? $"# {line}\n" : "#\n");
        text.Append('\n');
        var values = JsonSerializer.SerializeToNode(recipe, RecipeJson.Options)!.AsObject();
        var defaults = JsonSerializer.SerializeToNode(new Recipe { Parent = "" }, RecipeJson.Options)!.AsObject();
        Section(text, values, defaults, RecipeSchema.Embedded(typeof(Recipe)), 0, allKeys);
        return text.ToString();
    }

    private static void Section(StringBuilder text, JsonObject values, JsonObject? defaults, JsonObject schema, int depth, bool allKeys)
    {
        var indent = new string(' ', depth * 2);
        var properties = schema["properties"] as JsonObject;
        foreach (var (key, value) in values)
        {
            var isDefault = defaults is not null && JsonNode.DeepEquals(value, defaults[key]);
            if (isDefault && !allKeys)
                continue;
            var about = properties?[key] as JsonObject;
            var description = about?["description"]?.GetValue<string>() ?? "";
            if (value is JsonObject inner)
            {
                text.Append(depth == 0 ? "\n" : "");
                Comment(text, indent, description);
                text.Append($"{indent}{key}:\n");
                Section(text, inner, defaults?[key] as JsonObject, about ?? [], depth + 1, allKeys);
                continue;
            }

            if (value is JsonArray { Count: > 0 } list && list[0] is JsonObject)
            {
                Comment(text, indent, description);
                text.Append($"{indent}{key}:\n");
                foreach (var item in list)
                    Item(text, item!.AsObject(), depth + 1);
                continue;
            }

            var line = $"{indent}{(isDefault ? "# " : "")}{key}: {Flow(value)}";
            text.Append(line.Length + description.Length + 4 <= Width
                ? $"{line.PadRight(Math.Max(line.Length, 40))}  # {description}\n"
                : $"{Commented(indent, description)}{line}\n");
        }
    }

    // Items of lists show what differs from their own defaults only.
    private static void Item(StringBuilder text, JsonObject item, int depth)
    {
        var indent = new string(' ', depth * 2);
        var first = true;
        foreach (var (key, value) in item)
        {
            if (value is null || value is JsonArray { Count: 0 })
                continue;
            text.Append(indent).Append(first ? "- " : "  ").Append(key).Append(": ").Append(Flow(value)).Append('\n');
            first = false;
        }
    }

    private static void Comment(StringBuilder text, string indent, string description) => text.Append(Commented(indent, description));

    private static string Commented(string indent, string description)
    {
        var text = new StringBuilder();
        var line = $"{indent}#";
        foreach (var word in description.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length + word.Length + 1 > Width)
            {
                text.Append(line).Append('\n');
                line = $"{indent}#";
            }

            line += $" {word}";
        }

        return text.Append(line).Append('\n').ToString();
    }

    private static string Flow(JsonNode? value) => value switch
    {
        null => "~",
        JsonObject section => "{" + string.Join(", ", section.Where(p => p.Value is not null and not JsonArray { Count: 0 }).Select(p => $"{p.Key}: {Flow(p.Value)}")) + "}",
        JsonArray list => "[" + string.Join(", ", list.Select(Flow)) + "]",
        JsonValue word when word.GetValueKind() == JsonValueKind.String => Quoted(word.GetValue<string>()),
        _ => value.ToJsonString(),
    };

    private static string Quoted(string text) =>
        PlainWord().IsMatch(text) && text is not ("null" or "Null" or "NULL" or "true" or "false") ? text : JsonSerializer.Serialize(text, RecipeJson.Options);

    [GeneratedRegex(@"^[A-Za-z0-9_./][A-Za-z0-9_./%+@-]*( [A-Za-z0-9_./%+@-]+)*$")]
    private static partial Regex PlainWord();
}
