using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Puzzle.Core.Recipes;

/// <summary>A multiple of what the parent has, written 1.5x, 150% or 1.5.</summary>
public readonly record struct Factor(double Value) : IRecipeValue<Factor>, IRecipeNumber
{
    /// <inheritdoc/>
    public static string Expected => "a multiple of the parent such as 1.5x";

    /// <inheritdoc/>
    public static string Pattern => "^[0-9]*\\.?[0-9]+[x%]?$";

    /// <inheritdoc/>
    public double Number => Value;

    public static implicit operator double(Factor factor) => factor.Value;

    public static implicit operator Factor(double value) => new(value);

    /// <summary>The same as a plain number.</summary>
    public double ToDouble() => Value;

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Factor result)
    {
        result = default;
        if (!Scaled.TryParse(s, "x", 1, out var value) && !Scaled.TryParse(s, "%", 100, out value) && !Scaled.TryParse(s, "", 1, out value))
            return false;
        result = new(value);
        return true;
    }

    /// <inheritdoc/>
    public static Factor Parse(string s, IFormatProvider? provider) =>
        TryParse(s, provider, out var result) ? result : throw new FormatException($"expected {Expected}, found '{s}'");

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("R", CultureInfo.InvariantCulture) + "x";
}
