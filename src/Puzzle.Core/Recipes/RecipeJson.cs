using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Puzzle.Core.Recipes;

/// <summary>How recipes are written as JSON: snake_case, strict, with every default spelled out. Also the canonical form for the keys of the run folder.</summary>
public static class RecipeJson
{
    /// <summary>Strict options that know the words of recipes.</summary>
    public static JsonSerializerOptions Options { get; } = Create(indented: false);

    /// <summary>The same, over several lines.</summary>
    public static JsonSerializerOptions Indented { get; } = Create(indented: true);

    /// <summary>The canonical text of a recipe or of one section of it.</summary>
    public static string Canonical<T>(T section) => JsonSerializer.Serialize(section, Options);

    private static JsonSerializerOptions Create(bool indented)
    {
        var options = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            AllowDuplicateProperties = false,
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
            WriteIndented = indented,
            NewLine = "\n",
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
            Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false), new RecipeValueConverter() },
        };
        options.MakeReadOnly();
        return options;
    }
}
