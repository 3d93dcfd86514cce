using System.Globalization;
using System.Numerics;
using System.Text;

namespace Puzzle.Core.Text.Jinja;

/// <summary>One field of a formatted text: how wide, how precise, in which form.</summary>
internal readonly record struct FormatSpec(char Fill, char Align, char Sign, bool Alternate, bool Zero, long Width, bool Commas, long Precision, char Type)
{
    private const int MaxPrecision = 1000;

    /// <summary>The mini language behind the colon of <c>str.format</c>.</summary>
    public static FormatSpec Parse(string text)
    {
        var (fill, align, at) = (' ', '\0', 0);
        if (text.Length > 1 && text[1] is '<' or '>' or '^' or '=')
            (fill, align, at) = (text[0], text[1], 2);
        else if (text.Length > 0 && text[0] is '<' or '>' or '^' or '=')
            (align, at) = (text[0], 1);
        var sign = at < text.Length && text[at] is '+' or '-' or ' ' ? text[at++] : '\0';
        var alternate = at < text.Length && text[at] == '#' && at++ >= 0;
        var zero = at < text.Length && text[at] == '0' && at++ >= 0;
        var width = Digits(text, ref at);
        var commas = at < text.Length && text[at] is ',' or '_' && at++ >= 0;
        var precision = -1L;
        if (at < text.Length && text[at] == '.')
        {
            at++;
            precision = Digits(text, ref at);
        }

        var type = at < text.Length ? text[at++] : '\0';
        return at == text.Length ? new(fill, align, sign, alternate, zero, width, commas, precision, type) : throw new TemplateException("Invalid format specifier");
    }

    public static long Digits(string text, ref int at)
    {
        var value = 0L;
        while (at < text.Length && char.IsAsciiDigit(text[at]))
            value = Math.Min((value * 10) + text[at++] - '0', 1L << 40);
        return value;
    }

    public string Apply(RenderContext context, object? value)
    {
        if (Precision > MaxPrecision)
            throw new TemplateException($"a precision of more than {MaxPrecision}");
        var isNumber = PythonNumbers.Is(value) && Type != 's';
        var text = isNumber ? Number(value!) : Plain(context, value);
        var missing = Width - PythonText.Length(text);
        if (missing <= 0)
            return context.Made(text);
        context.Spend(text.Length + missing);
        var align = Align != '\0' ? Align : Zero && isNumber ? '=' : isNumber ? '>' : '<';
        var fill = Zero && Align == '\0' && isNumber ? '0' : Fill;
        var before = align switch { '<' => 0, '^' => missing / 2, _ => missing };
        if (align == '=')
        {
            var signs = text.Length > 0 && text[0] is '-' or '+' or ' ' ? 1 : 0;
            return text[..signs] + new string(fill, (int)missing) + text[signs..];
        }

        return new StringBuilder().Append(fill, (int)before).Append(text).Append(fill, (int)(missing - before)).ToString();
    }

    private string Plain(RenderContext context, object? value)
    {
        if (Type is not ('\0' or 's'))
            throw new TemplateException($"Unknown format code '{Type}' for object of type '{Values.TypeName(value)}'");
        var text = Values.Text(context, value);
        return Precision >= 0 && Precision < PythonText.Length(text) ? string.Concat(PythonText.CodePoints(text).Take((int)Precision)) : text;
    }

    private string Number(object value)
    {
        var type = Type != '\0' ? Type : value is double ? (Precision >= 0 ? 'g' : 'r') : 'd';
        if (value is bool && Type == '\0' && Width == 0)
            return (bool)value ? "True" : "False";
        var text = type switch
        {
            'd' or 'n' or 'x' or 'X' or 'o' or 'b' or 'c' when value is double => throw new TemplateException($"Unknown format code '{type}' for object of type 'float'"),
            'd' or 'n' => Grouped(PythonNumbers.ToBig(value).ToString(CultureInfo.InvariantCulture)),
            'x' or 'X' or 'o' or 'b' => InBase(PythonNumbers.ToBig(value), type),
            'c' => PythonNumbers.AsIndex(value) is >= 0 and <= 0x10FFFF and not (>= 0xD800 and <= 0xDFFF) and { } code ? char.ConvertFromUtf32((int)code) : throw new TemplateException("%c arg not in range(0x110000)"),
            'f' or 'F' => Grouped(PythonNumbers.Fixed(PythonNumbers.ToDouble(value), Decimals)),
            '%' => PythonNumbers.Fixed(PythonNumbers.ToDouble(value) * 100, Decimals) + "%",
            'e' or 'E' => Exponent(PythonNumbers.ToDouble(value), Decimals, type),
            'g' or 'G' => General(PythonNumbers.ToDouble(value), Precision < 0 ? 6 : Math.Max(1, (int)Precision)),
            'r' => Grouped(PythonNumbers.Repr(PythonNumbers.ToDouble(value))),
            _ => throw new TemplateException($"Unknown format code '{type}' for object of type '{Values.TypeName(value)}'"),
        };
        return Sign is '+' or ' ' && !text.StartsWith('-') ? Sign + text : text;
    }

    private int Decimals => Precision < 0 ? 6 : (int)Precision;

    private string InBase(BigInteger value, char type)
    {
        var bits = type switch { 'o' => 3, 'b' => 1, _ => 4 };
        var digits = new StringBuilder();
        for (var rest = BigInteger.Abs(value); digits.Length == 0 || !rest.IsZero; rest >>= bits)
            digits.Insert(0, "0123456789abcdef"[(int)(rest & ((1 << bits) - 1))]);
        var text = type == 'X' ? digits.ToString().ToUpperInvariant() : digits.ToString();
        return $"{(value.Sign < 0 ? "-" : "")}{(Alternate ? $"0{type}" : "")}{text}";
    }

    private string Grouped(string text)
    {
        if (!Commas)
            return text;
        var start = text.StartsWith('-') ? 1 : 0;
        var end = text.IndexOf('.') is >= 0 and var dot ? dot : text.Length;
        var result = new StringBuilder(text);
        for (var i = end - 3; i > start; i -= 3)
            result.Insert(i, ',');
        return result.ToString();
    }

    private static string Exponent(double value, int decimals, char type)
    {
        if (!double.IsFinite(value))
            return PythonNumbers.Repr(value);
        var text = value.ToString($"e{decimals}", CultureInfo.InvariantCulture);
        var at = text.IndexOf('e');
        var exponent = text[(at + 2)..].TrimStart('0').PadLeft(2, '0');
        text = $"{text[..at]}e{text[at + 1]}{exponent}";
        return type == 'E' ? text.ToUpperInvariant() : text;
    }

    private string General(double value, int precision)
    {
        if (!double.IsFinite(value))
            return PythonNumbers.Repr(value);
        if (value == 0)
            return double.IsNegative(value) ? "-0" : "0";
        var exponential = Exponent(value, precision - 1, 'e');
        var at = exponential.IndexOf('e');
        var exponent = int.Parse(exponential.AsSpan(at + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var text = exponent < -4 || exponent >= precision
            ? Trimmed(exponential[..at]) + exponential[at..]
            : Trimmed(PythonNumbers.Fixed(value, Math.Max(0, precision - 1 - exponent)));
        return Type == 'G' ? text.ToUpperInvariant() : text;
    }

    private static string Trimmed(string text) => text.Contains('.') ? text.TrimEnd('0').TrimEnd('.') : text;
}
