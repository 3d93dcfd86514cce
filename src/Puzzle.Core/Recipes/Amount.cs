using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Puzzle.Core.Recipes;

/// <summary>A bound, absolute in the unit that its key names (8.5) or relative to the parent (70%, 0.7x).</summary>
/// <param name="Value">The absolute number, or the multiple of the parent's.</param>
/// <param name="Relative">Whether it counts in the parent's amount.</param>
public readonly record struct Amount(double Value, bool Relative) : IRecipeValue<Amount>, IRecipeNumber
{
    /// <inheritdoc/>
    public static string Expected => "a number in the key's unit, or relative to the parent such as 70% or 1.5x";

    /// <inheritdoc/>
    public static string Pattern => "^[0-9][0-9_]*\\.?[0-9]*(e[+-]?[0-9]+)?[x%]?$";

    /// <inheritdoc/>
    public double Number => Value;

    /// <summary>The bound in the key's unit, given what the parent has.</summary>
    public double Of(double parent) => Relative ? Value * parent : Value;

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Amount result)
    {
        var relative = Scaled.TryParse(s, "x", 1, out var value) || Scaled.TryParse(s, "%", 100, out value);
        var absolute = !relative && Scaled.TryParse(s, "", 1, out value);
        result = new(value, relative);
        return relative || absolute;
    }

    /// <inheritdoc/>
    public static Amount Parse(string s, IFormatProvider? provider) =>
        TryParse(s, provider, out var result) ? result : throw new FormatException($"expected {Expected}, found '{s}'");

    /// <inheritdoc/>
    public override string ToString() => Relative ? Value > 1 ? Scaled.Write(Value, 1) + "x" : Scaled.Write(Value, 100) + "%" : Value.ToString("R", CultureInfo.InvariantCulture);
}
