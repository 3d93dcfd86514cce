using System.Globalization;

namespace Puzzle.Core.Reports;

/// <summary>Numbers as people read them. What is missing or not finite is a dash.</summary>
internal static class Quantity
{
    private const string Missing = "–";

    /// <summary>0.987 as 98.7 %.</summary>
    public static string Percent(double? value, int decimals = 1) =>
        value is { } v && double.IsFinite(v * 100) ? (v * 100).ToString("N" + decimals, CultureInfo.InvariantCulture) + "\u00A0%" : Missing;

    /// <summary>-0.041 as −4.1 %, 0.02 as +2.0 %.</summary>
    public static string Signed(double? value) => value switch
    {
        null => Missing,
        > 0 => "+" + Percent(value),
        < 0 => "−" + Percent(-value),
        _ => Percent(value),
    };

    /// <summary>2.2431 as 2.24×.</summary>
    public static string Times(double? value) =>
        value is { } v && double.IsFinite(v) ? (Math.Abs(v) < 100 ? v.ToString("0.00", CultureInfo.InvariantCulture) : Number(v)) + "×" : Missing;

    /// <summary>At least three significant digits, thousands apart: 0.0213, 12.3, 1,234.</summary>
    public static string Number(double? value)
    {
        if (value is not { } v || !double.IsFinite(v))
            return Missing;
        var size = Math.Abs(v);
        return size switch
        {
            0 => "0",
            >= 1e9 or < 1e-4 => v.ToString("0.00e0", CultureInfo.InvariantCulture),
            >= 1000 => v.ToString("N0", CultureInfo.InvariantCulture),
            >= 100 => v.ToString("0.0", CultureInfo.InvariantCulture),
            >= 10 => v.ToString("0.0#", CultureInfo.InvariantCulture),
            >= 1 => v.ToString("0.00#", CultureInfo.InvariantCulture),
            >= 0.1 => v.ToString("0.000#", CultureInfo.InvariantCulture),
            >= 0.01 => v.ToString("0.0000", CultureInfo.InvariantCulture),
            _ => v.ToString("0.00000", CultureInfo.InvariantCulture),
        };
    }

    /// <summary>134,515,008 as 134.5 M.</summary>
    public static string Count(double? value)
    {
        if (value is not { } v || !double.IsFinite(v))
            return Missing;
        var (unit, suffix) = Math.Abs(v) switch
        {
            >= 1e12 => (1e12, "\u00A0T"),
            >= 1e9 => (1e9, "\u00A0B"),
            >= 1e6 => (1e6, "\u00A0M"),
            >= 1e4 => (1e3, "\u00A0k"),
            _ => (1.0, ""),
        };
        return (v / unit).ToString(unit == 1 ? "N0" : "0.0", CultureInfo.InvariantCulture) + suffix;
    }

    /// <summary>MiB, or GiB from 1,024 on.</summary>
    public static string Mib(double? value)
    {
        if (value is not { } v || !double.IsFinite(v))
            return Missing;
        return v >= 1024 ? (v / 1024).ToString("0.00", CultureInfo.InvariantCulture) + "\u00A0GiB"
            : v.ToString(v < 10 ? "0.00" : v < 100 ? "0.0" : "0", CultureInfo.InvariantCulture) + "\u00A0MiB";
    }

    /// <summary>552 as 9 min 12 s.</summary>
    public static string Duration(double? seconds)
    {
        if (seconds is not { } s || !double.IsFinite(s) || s < 0 || s > 1e10)
            return Missing;
        var whole = (long)Math.Round(s);
        return whole switch
        {
            >= 86400 => $"{whole / 86400}\u00A0d {whole % 86400 / 3600}\u00A0h",
            >= 3600 => $"{whole / 3600}\u00A0h {whole % 3600 / 60}\u00A0min",
            >= 60 => $"{whole / 60}\u00A0min {whole % 60}\u00A0s",
            >= 10 => $"{whole}\u00A0s",
            _ => s.ToString("0.0", CultureInfo.InvariantCulture) + "\u00A0s",
        };
    }
}
