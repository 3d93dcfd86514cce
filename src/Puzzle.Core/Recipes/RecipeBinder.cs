using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Recipes;

/// <summary>
/// Turns a YAML tree into the JSON of a record, guided by the record's own type: unknown keys, missing keys, wrong kinds
/// and values out of range are collected with their places. What passes here deserialises.
/// </summary>
internal sealed partial class RecipeBinder(List<string> problems)
{
    private readonly Dictionary<string, SourceMark> _marks = [];

    /// <summary>The place of a key such as <c>target.scenarios.0.limits</c>, or of the nearest section around it.</summary>
    public SourceMark? MarkOf(string path)
    {
        for (var rest = path; ; rest = rest[..Math.Max(0, rest.LastIndexOf('.'))])
        {
            if (_marks.TryGetValue(rest, out var mark))
                return mark;
            if (rest.Length == 0)
                return null;
        }
    }

    public JsonNode? Bind(YamlTree tree, Type type, string path, PropertyInfo? property)
    {
        _marks.TryAdd(path, tree.At);
        var info = RecipeJson.Options.GetTypeInfo(Nullable.GetUnderlyingType(type) ?? type);
        return info.Kind switch
        {
            JsonTypeInfoKind.Object => Section(tree, info, path),
            JsonTypeInfoKind.Enumerable => List(tree, info, path, property),
            _ => tree is YamlScalar scalar ? Word(scalar, info.Type, path, property) : Wrong(tree, Expectation(info.Type)),
        };
    }

    private JsonNode? Section(YamlTree tree, JsonTypeInfo info, string path)
    {
        if (tree is YamlScalar { IsNull: false } word && info.Type.GetCustomAttribute<ShorthandAttribute>() is { } shorthand)
            tree = new YamlMapping(word.At, [new YamlEntry(word.At, shorthand.Key, word)]);
        if (tree is YamlScalar { IsNull: true })
            tree = new YamlMapping(tree.At, []);
        if (tree is not YamlMapping mapping)
            return Wrong(tree, $"a section with keys ({string.Join(", ", info.Properties.Take(4).Select(p => p.Name))}, ...)");

        var section = new JsonObject();
        foreach (var entry in mapping.Entries)
        {
            var name = path.Length == 0 ? entry.Key : $"{path}.{entry.Key}";
            if (info.Properties.FirstOrDefault(p => p.Name == entry.Key) is not { } key)
            {
                var inSection = path.Length == 0 ? "" : $" in '{path}'";
                problems.Add($"{entry.At}: unknown key '{Short(entry.Key)}'{inSection}{DidYouMean.Hint(entry.Key, info.Properties.Select(p => p.Name))}");
                continue;
            }

            _marks[name] = entry.At;
            if (entry.Value is YamlScalar { IsNull: true })
            {
                if (key.IsRequired)
                    problems.Add($"{entry.At}: '{name}' needs a value");
                else if (key.IsSetNullable)
                    section[entry.Key] = null;
                continue;
            }

            if (Bind(entry.Value, key.PropertyType, name, key.AttributeProvider as PropertyInfo) is { } value)
                section[entry.Key] = value;
        }

        foreach (var missing in info.Properties.Where(p => p.IsRequired && mapping.Entries.All(e => e.Key != p.Name)))
            problems.Add($"{mapping.At}: missing key '{(path.Length == 0 ? missing.Name : $"{path}.{missing.Name}")}'");
        return section;
    }

    private JsonArray List(YamlTree tree, JsonTypeInfo info, string path, PropertyInfo? property)
    {
        // One item without brackets is a list of one.
        var items = tree is YamlSequence sequence ? sequence.Items : [tree];
        var list = new JsonArray();
        for (var i = 0; i < items.Count; i++)
        {
            if (items[i] is YamlScalar { IsNull: true })
                problems.Add($"{items[i].At}: item {i} of '{path}' is empty");
            else if (Bind(items[i], info.ElementType!, $"{path}.{i}", property) is { } value)
                list.Add(value);
        }

        return list;
    }

    private JsonNode? Word(YamlScalar scalar, Type type, string path, PropertyInfo? property)
    {
        JsonNode? node = null;
        var text = scalar.Text;
        var number = text.Replace("_", "", StringComparison.Ordinal);
        if (type == typeof(string))
            node = JsonValue.Create(property?.GetCustomAttribute<RecipePathAttribute>() is { } kind ? Resolve(scalar, kind) : text);
        else if (scalar.Quoted && (type == typeof(bool) || type == typeof(int) || type == typeof(long) || type == typeof(double)))
            return Wrong(scalar, Expectation(type) + " without quotes");
        else if (type == typeof(bool))
            node = text is "true" or "false" ? JsonValue.Create(text == "true") : null;
        else if (type == typeof(int) && int.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var small))
            node = JsonValue.Create(small);
        else if (type == typeof(long) && long.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var large))
            node = JsonValue.Create(large);
        else if (type == typeof(double) && Decimals().IsMatch(number) && double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) && double.IsFinite(real))
            node = JsonValue.Create(real);
        else if (type.IsEnum || RecipeValueConverter.IsRecipeValue(type))
            node = JsonValue.Create(text);
        if (node is null)
            return Wrong(scalar, Expectation(type));

        object value;
        try
        {
            value = node.Deserialize(type, RecipeJson.Options)!;
        }
        catch (JsonException)
        {
            var hint = type.IsEnum ? DidYouMean.Hint(text, Names(type)) : "";
            return Wrong(scalar, Expectation(type), hint);
        }

        if (value is not string || property?.GetCustomAttribute<RecipePathAttribute>() is null)
            CheckRange(scalar, value, path, property);
        return node;
    }

    private void CheckRange(YamlScalar scalar, object value, string path, PropertyInfo? property)
    {
        if (property?.GetCustomAttribute<RegularExpressionAttribute>() is { } pattern && !pattern.IsValid(value))
            problems.Add($"{scalar.At}: {path}: found {scalar.Kind}; it must match {pattern.Pattern}");
        if (property?.GetCustomAttribute<RangeAttribute>() is not { } range)
            return;
        double? number = value switch { IRecipeNumber word => word.Number, int i => i, long l => l, double d => d, _ => null };
        var (low, high) = (Convert.ToDouble(range.Minimum, CultureInfo.InvariantCulture), Convert.ToDouble(range.Maximum, CultureInfo.InvariantCulture));
        if (number is { } n && !(n >= low && n <= high && !(range.MinimumIsExclusive && n == low)))
            problems.Add($"{scalar.At}: {path}: {Short(scalar.Text)} is out of range; {(range.MinimumIsExclusive ? "more than" : "at least")} {low:G} and at most {high:G} would be right");
    }

    private static string Resolve(YamlScalar scalar, RecipePathAttribute kind)
    {
        var text = scalar.Text;
        if (text.StartsWith("~/", StringComparison.Ordinal))
            text = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), text[2..]);
        if (text.Length == 0 || text.Contains('\0', StringComparison.Ordinal))
            return text;
        var full = Path.GetFullPath(text, scalar.At.Folder);
        var looksLikePath = text[0] is '.' or '/' || Path.IsPathRooted(text);
        return !kind.OrName || looksLikePath || Path.Exists(full) ? full : text;
    }

    private JsonNode? Wrong(YamlTree tree, string expected, string hint = "")
    {
        problems.Add($"{tree.At}: expected {expected}, found {tree.Kind}{hint}");
        return null;
    }

    private static string Expectation(Type type) =>
        type == typeof(bool) ? "true or false"
        : type == typeof(int) || type == typeof(long) ? "a whole number"
        : type == typeof(double) ? "a number"
        : type.IsEnum ? "one of " + string.Join(", ", Names(type))
        : RecipeValueConverter.IsRecipeValue(type) ? RecipeValueConverter.Describe(type).Expected
        : "a text";

    private static IEnumerable<string> Names(Type type) =>
        Enum.GetValues(type).Cast<object>().Select(value => JsonSerializer.SerializeToNode(value, type, RecipeJson.Options)!.GetValue<string>());

    private static string Short(string text) => text.Length > 80 ? text[..80] + "..." : text;

    [GeneratedRegex(@"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?$")]
    private static partial Regex Decimals();
}
