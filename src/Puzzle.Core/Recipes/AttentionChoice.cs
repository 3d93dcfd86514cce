using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Puzzle.Core.Recipes;

/// <summary>One attention variant as a recipe writes it: <c>gqa_4</c>, <c>window_256</c>, <c>gqa_2_window_256_sinks_4</c>, <c>linear</c> or <c>no_op</c>.</summary>
public readonly record struct AttentionChoice(string Word) : IRecipeValue<AttentionChoice>
{
    /// <inheritdoc/>
    public static string Expected => "an attention variant: gqa_K (K key-value heads), window_N, gqa_K_window_N_sinks_S, linear or no_op";

    /// <inheritdoc/>
    public static string Pattern => "^((gqa_[1-9][0-9]{0,5}|(gqa_[1-9][0-9]{0,5}_)?window_[1-9][0-9]{0,8}(_sinks_[1-9][0-9]{0,5})?)|(attn_)?(linear|no_op))$";

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out AttentionChoice result)
    {
        result = new(s ?? "");
        return s is not null && Regex.IsMatch(s, Pattern);
    }

    /// <inheritdoc/>
    public static AttentionChoice Parse(string s, IFormatProvider? provider) =>
        TryParse(s, provider, out var result) ? result : throw new FormatException($"expected {Expected}, found '{s}'");

    /// <inheritdoc/>
    public override string ToString() => Word;
}
