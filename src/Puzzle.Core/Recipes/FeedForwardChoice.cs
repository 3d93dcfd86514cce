using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Recipes;

/// <summary>One feed-forward variant as a recipe writes it: <c>75%</c> of the parent's width, a width (<c>768</c> or <c>ffn_768</c>), <c>linear</c> or <c>no_op</c>.</summary>
public readonly record struct FeedForwardChoice(string Word) : IRecipeValue<FeedForwardChoice>
{
    /// <inheritdoc/>
    public static string Expected => "a feed-forward variant: a share of the parent's width such as 75%, a width such as 768, linear or no_op";

    /// <inheritdoc/>
    public static string Pattern => "^([0-9]{1,3}(\\.[0-9]{1,4})?%|(ffn_)?[1-9][0-9]{0,7}|(ffn_)?(linear|no_op))$";

    /// <summary>The variant for a parent; shares are rounded to the nearest multiple, never to nothing and never above the parent's width.</summary>
    /// <param name="width">Intermediate size of the parent.</param>
    /// <param name="multiple">What widths are rounded to.</param>
    /// <exception cref="Errors.RecipeException">The width is larger than the parent's, or zero.</exception>
    public FeedForwardSpec Resolve(int width, int multiple)
    {
        if (Word.EndsWith("linear", StringComparison.Ordinal))
            return new LinearFeedForwardSpec();
        if (Word.EndsWith("no_op", StringComparison.Ordinal))
            return new NoOpFeedForwardSpec();
        if (Word.EndsWith('%'))
        {
            var share = Share.Parse(Word, null).Value;
            if (share is <= 0 or > 1)
                throw new Errors.RecipeException($"variants.ffn: '{Word}' of the parent's width: more than 0% and at most 100% would be right");
            var rounded = (int)Math.Round(width * share / multiple, MidpointRounding.AwayFromZero) * multiple;
            return new SwiGluSpec(share == 1 ? width : Math.Clamp(rounded, Math.Min(multiple, width), width));
        }

        var size = int.Parse(Word.Replace("ffn_", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
        return size <= width
            ? new SwiGluSpec(size)
            : throw new Errors.RecipeException($"variants.ffn: width {size} is larger than the parent's {width}");
    }

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
