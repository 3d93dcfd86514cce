using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Puzzle.Core.Recipes;

/// <summary>Reads and writes the one-word values of recipes.</summary>
internal sealed class RecipeValueConverter : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) => IsRecipeValue(typeToConvert);

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(Word<>).MakeGenericType(typeToConvert))!;

    public static bool IsRecipeValue(Type type) =>
        type.IsValueType && type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IRecipeValue<>));

    /// <summary>What a right value looks like, and the pattern of it.</summary>
    public static (string Expected, string Pattern) Describe(Type type) =>
        ((string)type.GetProperty(nameof(TokenCount.Expected))!.GetValue(null)!, (string)type.GetProperty(nameof(TokenCount.Pattern))!.GetValue(null)!);

    private sealed class Word<T> : JsonConverter<T>
        where T : struct, IRecipeValue<T>
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var text = reader.TokenType switch
            {
                JsonTokenType.String => reader.GetString()!,
                JsonTokenType.Number => Encoding.UTF8.GetString(reader.ValueSpan),
                _ => throw new JsonException($"expected {T.Expected}"),
            };
            return T.TryParse(text, CultureInfo.InvariantCulture, out var value) ? value : throw new JsonException($"expected {T.Expected}, found '{text}'");
        }

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
        {
            if (value is TokenCount tokens)
                writer.WriteNumberValue(tokens.Value);
            else
                writer.WriteStringValue(value.ToString());
        }
    }
}
