using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Puzzle.Core.Search.Exact;

/// <summary>
/// Mantissa times a power of ten, of any size. A double becomes the number that files and people write for it (its shortest
/// form that reads back the same), so that 0.1 + 0.2 is 0.3 and a limit of 0.3 is met.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ExactDecimal(BigInteger Mantissa, int Exponent)
{
    public static ExactDecimal Zero => new(BigInteger.Zero, 0);

    /// <summary>The decimal number that stands for a finite double.</summary>
    public static ExactDecimal From(double value)
    {
        var (mantissa, exponent) = Parts(value);
        return new(mantissa, exponent);
    }

    public static ExactDecimal From(long value) => new(value, 0);

    /// <summary>The shortest decimal of a finite double as at most 17 digits and a power of ten.</summary>
    public static (long Mantissa, int Exponent) Parts(double value)
    {
        if (!double.IsFinite(value))
            throw new ArgumentOutOfRangeException(nameof(value), value, "only finite numbers have a decimal form");
        Span<char> text = stackalloc char[32];
        value.TryFormat(text, out var length, provider: CultureInfo.InvariantCulture);
        long mantissa = 0;
        int exponent = 0, i = text[0] == '-' ? 1 : 0;
        for (var point = false; i < length && text[i] != 'E'; i++)
        {
            if (text[i] == '.')
            {
                point = true;
                continue;
            }

            mantissa = mantissa * 10 + (text[i] - '0');
            exponent -= point ? 1 : 0;
        }

        if (i < length)
            exponent += int.Parse(text[(i + 1)..length], CultureInfo.InvariantCulture);
        return (text[0] == '-' ? -mantissa : mantissa, mantissa == 0 ? 0 : exponent);
    }

    public static ExactDecimal operator +(ExactDecimal a, ExactDecimal b)
    {
        var exponent = Math.Min(a.Exponent, b.Exponent);
        return new(a.AtExponent(exponent) + b.AtExponent(exponent), exponent);
    }

    public static ExactDecimal operator -(ExactDecimal a) => new(-a.Mantissa, a.Exponent);

    public static ExactDecimal operator -(ExactDecimal a, ExactDecimal b) => a + -b;

    public static ExactDecimal operator *(ExactDecimal a, ExactDecimal b) => new(a.Mantissa * b.Mantissa, a.Exponent + b.Exponent);

    /// <summary>The quotient of positive numbers cut (not rounded) after 60 digits: far below the grid of any cost.</summary>
    public static ExactDecimal DivideDown(ExactDecimal a, ExactDecimal b)
    {
        var shift = Math.Max(0, 60 + (int)b.Mantissa.GetBitLength() / 3 - (int)a.Mantissa.GetBitLength() / 4);
        return new(BigInteger.Divide(a.Mantissa * BigInteger.Pow(10, shift), b.Mantissa), a.Exponent - b.Exponent - shift);
    }

    /// <summary>The mantissa at a smaller or equal exponent.</summary>
    public BigInteger AtExponent(int exponent) => Exponent == exponent ? Mantissa : Mantissa * BigInteger.Pow(10, Exponent - exponent);

    /// <summary>The largest multiple of 10^exponent not above the number.</summary>
    public BigInteger FloorAt(int exponent)
    {
        if (Exponent >= exponent)
            return AtExponent(exponent);
        var quotient = BigInteger.DivRem(Mantissa, BigInteger.Pow(10, exponent - Exponent), out var rest);
        return rest.Sign < 0 ? quotient - 1 : quotient;
    }

    /// <summary>The smallest multiple of 10^exponent not below the number.</summary>
    public BigInteger CeilingAt(int exponent) => -(-this).FloorAt(exponent);

    /// <summary>-1, 0 or 1.</summary>
    public int Sign => Mantissa.Sign;

    /// <summary>The nearest double.</summary>
    public double ToDouble() => double.Parse($"{Mantissa}E{Exponent}", CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public override string ToString() => ToDouble().ToString(CultureInfo.InvariantCulture);
}
