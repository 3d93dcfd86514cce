using System.Text;

namespace Puzzle.Core.Text.Jinja;

/// <summary>Python's <c>text % values</c>.</summary>
internal static class PercentFormat
{
    public static string Apply(RenderContext context, string format, object? values)
    {
        var result = new StringBuilder();
        IReadOnlyList<object?> items = values is Sequence { IsTuple: true } tuple ? tuple.Items : [values];
        var next = 0;
        for (var at = 0; at < format.Length; at++)
        {
            if (format[at] != '%')
            {
                result.Append(context.Made(format[at].ToString()));
                continue;
            }

            if (++at == format.Length)
                throw new TemplateException("incomplete format");
            if (format[at] == '%')
            {
                result.Append('%');
                continue;
            }

            object? value = null;
            var isNamed = format[at] == '(';
            if (isNamed)
            {
                var close = format.IndexOf(')', at);
                if (close < 0)
                    throw new TemplateException("incomplete format key");
                value = values is Map map ? map.TryGet(format[(at + 1)..close], out var entry) ? entry : throw new TemplateException($"'{format[(at + 1)..close]}'")
                    : throw new TemplateException("format requires a mapping");
                at = close + 1;
            }

            var (left, zero, alternate, sign) = (false, false, false, '\0');
            for (; at < format.Length && format[at] is '-' or '+' or ' ' or '0' or '#'; at++)
            {
                left |= format[at] == '-';
                zero |= format[at] == '0';
                alternate |= format[at] == '#';
                sign = format[at] is '+' or ' ' ? format[at] : sign;
            }

            var width = FormatSpec.Digits(format, ref at);
            var precision = -1L;
            if (at < format.Length && format[at] == '.')
            {
                at++;
                precision = FormatSpec.Digits(format, ref at);
            }

            if (at >= format.Length)
                throw new TemplateException("incomplete format");
            if (!isNamed)
                value = next < items.Count ? items[next++] : throw new TemplateException("not enough arguments for format string");
            var type = format[at];
            var spec = new FormatSpec(' ', left ? '<' : zero && type is not ('s' or 'r') ? '=' : '>', sign, alternate, zero, width, false, precision, type is 'i' or 'u' ? 'd' : type);
            if (zero && !left)
                spec = spec with { Fill = '0' };
            result.Append(One(context, spec, value));
        }

        return next == items.Count || values is Map ? result.ToString() : throw new TemplateException("not all arguments converted during string formatting");
    }

    private static string One(RenderContext context, FormatSpec spec, object? value)
    {
        if (spec.Type is 's' or 'r' or 'a')
            return (spec with { Type = 's', Fill = ' ' }).Apply(context, spec.Type == 's' ? Values.Text(context, value) : Values.Repr(context, value));
        if (spec.Type == 'c' && value is string)
            return (spec with { Type = 's' }).Apply(context, value);
        if (!PythonNumbers.Is(value))
            throw (value as Undefined)?.Fail() ?? new TemplateException($"%{spec.Type} format: a real number is required, not {Values.TypeName(value)}");
        return spec.Apply(context, spec.Type is 'd' && value is double real ? PythonNumbers.Truncate(real) : value);
    }
}
