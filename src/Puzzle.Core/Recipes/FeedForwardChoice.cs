using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Puzzle.Core.Recipes;

/// <summary>One feed-forward variant as a recipe writes it: <c>75%</c> of the parent's width, a width (<c>768</c> or <c>ffn_768</c>), <c>linear</c> or <c>no_op</c>.</summary>
public readonly record struct FeedForwardChoice(string Word) : IRecipeValue<FeedForwardChoice>
{
    /// <inheritdoc/>
    public static string Expected => "a feed-forward variant: a share of the parent's width such as 75%, a width such as 768, linear or no_op";

    /// <inheritdoc/>
    public static string Pattern => "^([0-9]{1,3}(\\.[0-9]{1,4})?%|(ffn_)?[1-9][0-9]{0,7}|(ffn_)?(linear|no_op))$";

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out FeedForwardChoice result)
    {
        result = new(s ?? "");
        return s is not null && Regex.IsMatch(s, Pattern);
    }

    /// <inheritdoc/>
    public static FeedForwardChoice Parse(string s, IFormatProvider? provider) =>
        TryParse(s, provider, out var result) ? result : throw new FormatException($"expected {Expected}, found '{s}'");

    /// <inheritdoc/>
    public override string ToString() => Word;
}
