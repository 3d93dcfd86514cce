using System.Text;

namespace Puzzle.Core.Text.Jinja;

/// <summary>Python's <c>text.format(values)</c>.</summary>
internal static class BraceFormat
{
    public static string Apply(RenderContext context, string format, CallArguments arguments)
    {
        var result = new StringBuilder();
        var next = 0;
        for (var at = 0; at < format.Length; at++)
        {
            var c = format[at];
            if (c is '{' or '}' && at + 1 < format.Length && format[at + 1] == c)
            {
                result.Append(c);
                at++;
            }
            else if (c == '{')
            {
                var close = Close(format, at + 1);
                result.Append(Field(context, format[(at + 1)..close], arguments, ref next));
                at = close;
            }
            else if (c == '}')
            {
                throw new TemplateException("Single '}' encountered in format string");
            }
            else
            {
                result.Append(context.Made(c.ToString()));
            }
        }

        return result.ToString();
    }

    private static int Close(string format, int at)
    {
        var depth = 1;
        for (; at < format.Length; at++)
        {
            depth += format[at] switch { '{' => 1, '}' => -1, _ => 0 };
            if (depth == 0)
                return at;
        }

        throw new TemplateException("Single '{' encountered in format string");
    }

    private static string Field(RenderContext context, string field, CallArguments arguments, ref int next)
    {
        var colon = field.IndexOf(':');
        var spec = colon < 0 ? "" : field[(colon + 1)..];
        var path = colon < 0 ? field : field[..colon];
        var conversion = path.IndexOf('!') is >= 0 and var mark ? path[(mark + 1)..] : "";
        path = conversion.Length > 0 ? path[..^(conversion.Length + 1)] : path;
        var end = path.AsSpan().IndexOfAny('.', '[');
        var name = end < 0 ? path : path[..end];
        var value = name.Length == 0 || int.TryParse(name, out _)
            ? Positional(arguments, name.Length == 0 ? next++ : int.Parse(name))
            : arguments.Named.TryGetValue(name, out var named) ? named : throw new TemplateException($"'{name}'");
        value = Follow(context, value, end < 0 ? "" : path[end..]);
        value = conversion switch
        {
            "" => value,
            "s" => Values.Text(context, value),
            "r" or "a" => Values.Repr(context, value),
            _ => throw new TemplateException($"Unknown conversion specifier '{conversion}'"),
        };
        // A field inside the form, for example a width, is an argument too.
        if (spec.Contains('{'))
            spec = Nested(context, spec, arguments, ref next);
        return FormatSpec.Parse(spec).Apply(context, value);
    }

    private static string Nested(RenderContext context, string spec, CallArguments arguments, ref int next)
    {
        var result = new StringBuilder();
        for (var at = 0; at < spec.Length; at++)
        {
            if (spec[at] != '{')
            {
                result.Append(spec[at]);
                continue;
            }

            var close = spec.IndexOf('}', at);
            if (close < 0 || spec.AsSpan(at + 1, close - at - 1).Contains('{'))
                throw new TemplateException("Max string recursion exceeded");
            result.Append(Field(context, spec[(at + 1)..close], arguments, ref next));
            at = close;
        }

        return result.ToString();
    }

    private static object? Positional(CallArguments arguments, int place) =>
        place >= 0 && place < arguments.Positional.Count ? arguments.Positional[place] : throw new TemplateException("Replacement index out of range for positional args tuple");

    private static object? Follow(RenderContext context, object? value, string path)
    {
        while (path.Length > 0)
        {
            var isMember = path[0] == '.';
            var end = isMember ? path.AsSpan(1).IndexOfAny('.', '[') : path.IndexOf(']');
            end = isMember ? (end < 0 ? path.Length : end + 1) : end < 0 ? throw new TemplateException("Missing ']' in format string") : end;
            var name = path[1..end];
            value = isMember ? Members.Get(context, value, name) : Operations.Subscript(context, value, int.TryParse(name, out var index) ? (long)index : name);
            path = path[(isMember ? end : end + 1)..];
        }

        return value;
    }
}
