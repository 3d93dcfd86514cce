using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Xml.Linq;

namespace Puzzle.Core.Recipes;

/// <summary>
/// The JSON schema of recipes, for editors: generated from the records, with their doc comments as descriptions.
/// The generated file is kept under <c>schemas/</c> and embedded here, so that comments in written recipes need no other file.
/// </summary>
public static class RecipeSchema
{
    /// <summary>Generates the schema of a record (needs the assembly's documentation file beside it).</summary>
    public static JsonObject Generate(Type recipe, string title)
    {
        var docs = LoadDocs(recipe.Assembly);
        var options = new JsonSchemaExporterOptions
        {
            TreatNullObliviousAsNonNullable = true,
            TransformSchemaNode = (context, node) => Transform(context, node, docs),
        };
        var schema = RecipeJson.Options.GetJsonSchemaAsNode(recipe, options).AsObject();
        schema.Remove("type");
        schema.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.Insert(1, "title", title);
        schema.Insert(2, "type", "object");
        return schema;
    }

    /// <summary>The embedded schema of <see cref="Recipe"/> or <see cref="PretrainRecipe"/>.</summary>
    public static JsonObject Embedded(Type recipe)
    {
        var name = recipe == typeof(PretrainRecipe) ? "schemas/pretrain.json" : "schemas/recipe.json";
        using var stream = typeof(RecipeSchema).Assembly.GetManifestResourceStream(name)!;
        return JsonNode.Parse(stream)!.AsObject();
    }

    private static JsonObject Transform(JsonSchemaExporterContext context, JsonNode node, Dictionary<string, string> docs)
    {
        var type = Nullable.GetUnderlyingType(context.TypeInfo.Type) ?? context.TypeInfo.Type;
        var schema = node as JsonObject ?? [];
        if (RecipeValueConverter.IsRecipeValue(type))
        {
            var (_, pattern) = RecipeValueConverter.Describe(type);
            schema["type"] = new JsonArray("string", "number");
            schema["pattern"] = pattern;
        }

        if (type.IsEnum)
            schema.Insert(0, "type", "string");
        if (type == typeof(int) || type == typeof(long))
            schema["type"] = "integer";
        if (type == typeof(double))
            schema["type"] = "number";
        schema.Remove("format");
        if (context.PropertyInfo?.AttributeProvider is not PropertyInfo property)
            return schema;

        if (property.GetCustomAttribute<RegularExpressionAttribute>() is { } expression)
            schema["pattern"] = expression.Pattern;
        if (property.GetCustomAttribute<RangeAttribute>() is { } range && !RecipeValueConverter.IsRecipeValue(type))
        {
            var bounded = schema["items"] as JsonObject ?? schema;
            bounded[range.MinimumIsExclusive ? "exclusiveMinimum" : "minimum"] = Number(range.Minimum);
            bounded["maximum"] = Number(range.Maximum);
        }

        if (!context.PropertyInfo.IsRequired && Default(property) is { } value)
            schema["default"] = value;
        schema.Remove("description");
        if (docs.TryGetValue($"P:{property.DeclaringType!.FullName}.{property.Name}", out var text))
            schema.Insert(0, "description", text);
        return WithShorthand(schema, type);
    }

    // A list may be written as its only item, a record with a shorthand as one word.
    private static JsonObject WithShorthand(JsonObject schema, Type type)
    {
        var item = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? type.GetGenericArguments()[0] : null;
        if (item?.GetCustomAttribute<ShorthandAttribute>() is null || schema["items"] is not JsonObject items)
            return schema;
        schema["items"] = new JsonObject { ["anyOf"] = new JsonArray(new JsonObject { ["type"] = "string" }, items.DeepClone()) };
        return schema;
    }

    private static JsonNode? Default(PropertyInfo property)
    {
        if (property.DeclaringType!.IsAbstract)
            return null;
        var value = property.GetValue(Activator.CreateInstance(property.DeclaringType));
        var node = JsonSerializer.SerializeToNode(value, property.PropertyType, RecipeJson.Options);
        return node is JsonObject ? null : node;
    }

    private static JsonNode Number(object bound) => bound is int whole ? whole : Convert.ToDouble(bound, CultureInfo.InvariantCulture);

    private static Dictionary<string, string> LoadDocs(Assembly assembly)
    {
        var path = Path.ChangeExtension(assembly.Location, ".xml");
        return XDocument.Load(path).Descendants("member").Where(m => m.Element("summary") is not null)
            .ToDictionary(m => m.Attribute("name")!.Value, m => string.Join(' ', m.Element("summary")!.Value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));
    }
}
