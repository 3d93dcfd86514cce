using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Puzzle.Core.Recipes;

/// <summary>A part of a whole, written 5% or 0.05.</summary>
public readonly record struct Share(double Value) : IRecipeValue<Share>, IRecipeNumber
{
    /// <inheritdoc/>
    public static string Expected => "a share such as 5% or 0.05";

    /// <inheritdoc/>
    public static string Pattern => "^[0-9]*\\.?[0-9]+%?$";

    /// <inheritdoc/>
    public double Number => Value;

    public static implicit operator double(Share share) => share.Value;

    public static implicit operator Share(double value) => new(value);

    /// <summary>The same as a plain number.</summary>
    public double ToDouble() => Value;

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Share result)
    {
        result = default;
        if (!Scaled.TryParse(s, "%", 100, out var value) && !Scaled.TryParse(s, "", 1, out value))
            return false;
        result = new(value);
        return true;
    }

    /// <inheritdoc/>
    public static Share Parse(string s, IFormatProvider? provider) =>
        TryParse(s, provider, out var result) ? result : throw new FormatException($"expected {Expected}, found '{s}'");

    /// <inheritdoc/>
    public override string ToString() => Scaled.Write(Value, 100) + "%";
}
