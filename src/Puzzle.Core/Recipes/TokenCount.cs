using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Puzzle.Core.Recipes;

/// <summary>A number of tokens, written 65536, 1_000_000, 500K, 2M or 1.5B (decimal thousands, millions, billions).</summary>
public readonly record struct TokenCount(long Value) : IRecipeValue<TokenCount>, IRecipeNumber
{
    /// <inheritdoc/>
    public static string Expected => "a number of tokens such as 65536, 500K or 2M";

    /// <inheritdoc/>
    public static string Pattern => "^[0-9][0-9_]*(\\.[0-9]+)?[KMBkmb]?$";

    /// <inheritdoc/>
    public double Number => Value;

    public static implicit operator long(TokenCount count) => count.Value;

    public static implicit operator TokenCount(long value) => new(value);

    /// <summary>The same as a plain number.</summary>
    public long ToInt64() => Value;

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out TokenCount result)
    {
        result = default;
        if (string.IsNullOrEmpty(s) || !char.IsAsciiDigit(s[0]))
            return false;
        var scale = char.ToUpperInvariant(s[^1]) switch { 'K' => 1_000m, 'M' => 1_000_000m, 'B' => 1_000_000_000m, _ => 1m };
        var digits = (scale > 1 ? s[..^1] : s).Replace("_", "", StringComparison.Ordinal);
        if (!decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) || number > long.MaxValue / scale)
            return false;
        var tokens = number * scale;
        if (tokens != decimal.Truncate(tokens))
            return false;
        result = new((long)tokens);
        return true;
    }

    /// <inheritdoc/>
    public static TokenCount Parse(string s, IFormatProvider? provider) =>
        TryParse(s, provider, out var result) ? result : throw new FormatException($"expected {Expected}, found '{s}'");

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
