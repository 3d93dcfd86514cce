using System.Globalization;

namespace Puzzle.Evaluation.Text;

/// <summary>Python's way to print floating-point numbers.</summary>
public static class PythonNumbers
{
    /// <summary><c>repr(number)</c>: the shortest text that reads back the same, with a point or an exponent.</summary>
    public static string Repr(double number)
    {
        if (double.IsNaN(number))
            return "NaN";
        if (double.IsInfinity(number))
            return number > 0 ? "Infinity" : "-Infinity";
        var sign = double.IsNegative(number) ? "-" : "";
        if (number == 0)
            return sign + "0.0";

        // .NET has the same shortest digits, only its layout differs: 0.digits times ten to the power.
        var parts = Math.Abs(number).ToString("R", CultureInfo.InvariantCulture).Split('E');
        var power = parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0;
        var point = parts[0].IndexOf('.');
        power += point < 0 ? parts[0].Length : point;
        var all = parts[0].Replace(".", "");
        var digits = all.TrimStart('0');
        power -= all.Length - digits.Length;
        digits = digits.TrimEnd('0');
        return sign + (power is > -4 and <= 16 ? Plain(digits, power) : Exponential(digits, power - 1));
    }

    private static string Plain(string digits, int power)
    {
        if (power <= 0)
            return "0." + new string('0', -power) + digits;
        return digits.Length <= power ? digits.PadRight(power, '0') + ".0" : digits[..power] + "." + digits[power..];
    }

    private static string Exponential(string digits, int exponent) =>
        $"{digits[0]}{(digits.Length > 1 ? "." + digits[1..] : "")}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
}
