using System.Globalization;
using System.Numerics;
using System.Text;

namespace Puzzle.Core.Text.Jinja;

/// <summary>Python's numbers: integers of any length (long, or BigInteger where that does not suffice), floats, and booleans, which count as 0 and 1.</summary>
internal static class PythonNumbers
{
    private const int MaxBits = 256;

    public static bool Is(object? value) => value is long or double or bool or BigInteger;

    public static bool IsInteger(object? value) => value is long or bool or BigInteger;

    /// <summary>A long where the number fits.</summary>
    public static object Narrow(BigInteger value) => value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value;

    public static BigInteger ToBig(object? value) => value switch
    {
        long integer => integer,
        bool flag => flag ? 1 : 0,
        BigInteger big => big,
        _ => throw new ArgumentException("no integer"),
    };

    public static double ToDouble(object? value) => value switch
    {
        double number => number,
        long integer => integer,
        bool flag => flag ? 1 : 0,
        BigInteger big => (double)big,
        _ => throw new ArgumentException("no number"),
    };

    /// <summary>An integer for places and lengths, clamped to 64 bits; null where it is none.</summary>
    public static long? AsIndex(object? value) => value switch
    {
        long integer => integer,
        bool flag => flag ? 1 : 0,
        BigInteger big => big.Sign < 0 ? long.MinValue : long.MaxValue,
        _ => null,
    };

    public static int Compare(object? a, object? b)
    {
        if (a is double || b is double)
        {
            if (a is BigInteger or long && b is double y && double.IsFinite(y) && Math.Abs(y) >= 1L << 53)
                return ToBig(a).CompareTo(new BigInteger(y));
            if (b is BigInteger or long && a is double x && double.IsFinite(x) && Math.Abs(x) >= 1L << 53)
                return new BigInteger(x).CompareTo(ToBig(b));
            return ToDouble(a).CompareTo(ToDouble(b));
        }

        return a is long i && b is long j ? i.CompareTo(j) : ToBig(a).CompareTo(ToBig(b));
    }

    public static object Calculate(string op, object a, object b)
    {
        if (op == "/" || a is double || b is double)
            return Float(op, ToDouble(a), ToDouble(b));
        var (x, y) = (ToBig(a), ToBig(b));
        if (op is "//" or "%" && y.IsZero)
            throw new TemplateException(op == "%" ? "integer modulo by zero" : "integer division or modulo by zero");
        if (op == "**" && y.Sign < 0)
            return Float(op, ToDouble(a), ToDouble(b));
        if (op == "*" && x.GetBitLength() + y.GetBitLength() > MaxBits)
            throw TooLong();
        return Narrow(op switch
        {
            "+" => x + y,
            "-" => x - y,
            "*" => x * y,
            "//" => FloorDivide(x, y),
            "%" => x - (FloorDivide(x, y) * y),
            _ => Power(x, y),
        });
    }

    /// <summary><c>repr</c> of a float: the shortest digits that give it back.</summary>
    public static string Repr(double value)
    {
        if (double.IsNaN(value))
            return "nan";
        if (double.IsInfinity(value))
            return value > 0 ? "inf" : "-inf";
        if (value == 0)
            return double.IsNegative(value) ? "-0.0" : "0.0";
        var (digits, exponent) = Digits(value);
        var sign = value < 0 ? "-" : "";
        if (exponent is < -4 or >= 16)
            return $"{sign}{digits[0]}{(digits.Length > 1 ? "." + digits[1..] : "")}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
        if (exponent < 0)
            return $"{sign}0.{new string('0', -exponent - 1)}{digits}";
        return digits.Length <= exponent + 1 ? $"{sign}{digits.PadRight(exponent + 1, '0')}.0" : $"{sign}{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}";
    }

    /// <summary>A number with so many decimals, rounded exactly, ties to even: as <c>%.nf</c> does it.</summary>
    public static string Fixed(double value, int decimals)
    {
        if (!double.IsFinite(value))
            return Repr(value);
        var bits = BitConverter.DoubleToInt64Bits(Math.Abs(value));
        var exponent = (int)(bits >> 52);
        var mantissa = new BigInteger(exponent == 0 ? bits : (bits & 0xFFFFFFFFFFFFF) | (1L << 52));
        var shift = Math.Max(exponent, 1) - 1075;
        var scaled = mantissa * BigInteger.Pow(10, decimals);
        if (shift >= 0)
        {
            scaled <<= shift;
        }
        else
        {
            var divisor = BigInteger.One << -shift;
            scaled = BigInteger.DivRem(scaled, divisor, out var rest);
            var twice = (rest << 1).CompareTo(divisor);
            if (twice > 0 || (twice == 0 && !scaled.IsEven))
                scaled++;
        }

        var text = scaled.ToString(CultureInfo.InvariantCulture).PadLeft(decimals + 1, '0');
        var result = new StringBuilder(double.IsNegative(value) ? "-" : "").Append(text, 0, text.Length - decimals);
        return decimals > 0 ? result.Append('.').Append(text, text.Length - decimals, decimals).ToString() : result.ToString();
    }

    /// <summary><c>int(text)</c>, or null.</summary>
    public static object? ParseInteger(string text, int numberBase = 10)
    {
        text = PythonText.Trim(text).Replace("_", "");
        var negative = text.StartsWith('-');
        if (text.StartsWith('-') || text.StartsWith('+'))
            text = text[1..];
        var prefix = numberBase switch { 16 => "0x", 8 => "0o", 2 => "0b", _ => "" };
        if (prefix.Length > 0 && text.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            text = text[2..];
        if (text.Length is 0 or > 1000 || numberBase is < 2 or > 36)
            return null;
        var value = BigInteger.Zero;
        foreach (var c in text)
        {
            var digit = char.IsAsciiDigit(c) ? c - '0' : char.IsAsciiLetter(c) ? (c | 32) - 'a' + 10 : 36;
            if (digit >= numberBase)
                return null;
            value = (value * numberBase) + digit;
        }

        return Narrow(negative ? -value : value);
    }

    /// <summary><c>float(text)</c>, or null.</summary>
    public static double? ParseFloat(string text) => PythonText.Trim(text).ToLowerInvariant() switch
    {
        "inf" or "+inf" or "infinity" or "+infinity" => double.PositiveInfinity,
        "-inf" or "-infinity" => double.NegativeInfinity,
        "nan" or "+nan" or "-nan" => double.NaN,
        var number => number.Length <= 1000 && double.TryParse(number.Replace("_", ""), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var value) ? value : null,
    };

    /// <summary><c>int(number)</c>.</summary>
    public static object Truncate(double value) => double.IsFinite(value) ? Narrow(new BigInteger(Math.Truncate(value))) : throw new TemplateException("cannot convert float infinity or NaN to integer");

    private static (string Digits, int Exponent) Digits(double value)
    {
        var text = Math.Abs(value).ToString("E16", CultureInfo.InvariantCulture);
        var shortest = Math.Abs(value).ToString("R", CultureInfo.InvariantCulture);
        var mantissa = shortest.Split('E')[0];
        var digits = mantissa.Replace(".", "").TrimStart('0').TrimEnd('0');
        return (digits, int.Parse(text.AsSpan(text.IndexOf('E') + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) + (RoundsUp(text, digits) ? 1 : 0));
    }

    // 9.9999999999999995E22 in 17 digits may be 1E+23 in the shortest form.
    private static bool RoundsUp(string text, string digits) => text[0] == '9' && digits[0] == '1';

    private static double Float(string op, double x, double y) => op switch
    {
        "+" => x + y,
        "-" => x - y,
        "*" => x * y,
        "/" => y == 0 ? throw new TemplateException("division by zero") : x / y,
        "//" => y == 0 ? throw new TemplateException("float floor division by zero") : Math.Floor(x / y),
        "%" => y == 0 ? throw new TemplateException("float modulo by zero") : x - (Math.Floor(x / y) * y),
        _ => Math.Pow(x, y),
    };

    private static BigInteger FloorDivide(BigInteger x, BigInteger y)
    {
        var quotient = BigInteger.DivRem(x, y, out var rest);
        return !rest.IsZero && rest.Sign != y.Sign ? quotient - 1 : quotient;
    }

    private static BigInteger Power(BigInteger x, BigInteger y)
    {
        if (y > MaxBits && !(x.IsZero || x.IsOne || x == BigInteger.MinusOne))
            throw TooLong();
        if (x.GetBitLength() * (double)y > MaxBits)
            throw TooLong();
        return x.IsZero || x.IsOne ? (y.IsZero ? BigInteger.One : x) : x == BigInteger.MinusOne ? (y.IsEven ? 1 : -1) : BigInteger.Pow(x, (int)y);
    }

    private static TemplateException TooLong() => new($"a number of more than {MaxBits} bits");
}
