using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Recipes;

/// <summary>One attention variant as a recipe writes it: <c>gqa_4</c>, <c>window_256</c>, <c>gqa_2_window_256_sinks_4</c>, <c>linear</c> or <c>no_op</c>.</summary>
public readonly partial record struct AttentionChoice(string Word) : IRecipeValue<AttentionChoice>
{
    /// <inheritdoc/>
    public static string Expected => "an attention variant: gqa_K (K key-value heads), window_N, gqa_K_window_N_sinks_S, linear or no_op";

    /// <inheritdoc/>
    public static string Pattern => "^((gqa_[1-9][0-9]{0,5}|(gqa_[1-9][0-9]{0,5}_)?window_[1-9][0-9]{0,8}(_sinks_[1-9][0-9]{0,5})?)|(attn_)?(linear|no_op))$";

    /// <summary>The variant for a parent; a window without <c>gqa_K</c> keeps the parent's key-value heads.</summary>
    /// <param name="heads">Query heads of the parent.</param>
    /// <param name="kvHeads">Key-value heads of the parent.</param>
    /// <exception cref="Errors.RecipeException">The number of key-value heads does not fit the parent.</exception>
    public AttentionSpec Resolve(int heads, int kvHeads)
    {
        if (Word.EndsWith("linear", StringComparison.Ordinal))
            return new LinearAttentionSpec();
        if (Word.EndsWith("no_op", StringComparison.Ordinal))
            return new NoOpAttentionSpec();
        var parts = Parts().Match(Word);
        var kept = Number(parts.Groups["kv"]) ?? kvHeads;
        if (kept > kvHeads || kvHeads % kept != 0 || heads % kept != 0)
            throw new Errors.RecipeException($"variants.attention: '{Word}' asks for {kept} key-value heads; the parent has {kvHeads}, so one of its divisors would be right");
        return new GroupedQuerySpec(kept, Number(parts.Groups["window"]), Number(parts.Groups["sinks"]) ?? 0);
    }

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

    private static int? Number(Group group) => group.Success ? int.Parse(group.ValueSpan, CultureInfo.InvariantCulture) : null;

    [GeneratedRegex("^(gqa_(?<kv>[0-9]+))?_?(window_(?<window>[0-9]+))?(_sinks_(?<sinks>[0-9]+))?$")]
    private static partial Regex Parts();
}
