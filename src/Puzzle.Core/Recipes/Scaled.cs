using System.Globalization;

namespace Puzzle.Core.Recipes;

/// <summary>Numbers with a unit behind them, exact in decimal: 70% is 0.7, not 0.7000000000000001.</summary>
internal static class Scaled
{
    public static bool TryParse(string? text, string unit, decimal scale, out double value)
    {
        value = 0;
        if (string.IsNullOrEmpty(text) || !text.EndsWith(unit, StringComparison.Ordinal))
            return false;
        var digits = text[..^unit.Length].Replace("_", "", StringComparison.Ordinal);
        const NumberStyles style = NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent | NumberStyles.AllowLeadingSign;
        if (digits.Length == 0 || !decimal.TryParse(digits, style, CultureInfo.InvariantCulture, out var number))
            return false;
        value = (double)(number / scale);
        return true;
    }

    public static string Write(double value, decimal scale) =>
        Math.Abs(value) < 1e20 ? ((decimal)value * scale).ToString("0.############", CultureInfo.InvariantCulture) : value.ToString("R", CultureInfo.InvariantCulture);
}
