using System.Text;
using System.Text.RegularExpressions;

namespace Puzzle.Core.Text.Jinja;

/// <summary>Filters of texts.</summary>
internal static partial class TextFilters
{
    public static IReadOnlyDictionary<string, Filter> All { get; } = new Dictionary<string, Filter>
    {
        ["upper"] = (context, value, _) => Made(context, value, text => text.ToUpperInvariant()),
        ["lower"] = (context, value, _) => Made(context, value, text => text.ToLowerInvariant()),
        ["capitalize"] = (context, value, _) => Made(context, value, PythonText.Capitalize),
        ["title"] = (context, value, _) => Made(context, value, Title),
        ["trim"] = (context, value, arguments) => Made(context, value, text => PythonText.Trim(text, arguments.OptionalText(0, "chars"))),
        ["string"] = (context, value, _) => Values.Text(context, value),
        ["safe"] = (context, value, _) => Values.Text(context, value),
        ["escape"] = Escape,
        ["e"] = Escape,
        ["forceescape"] = Escape,
        ["striptags"] = (context, value, _) => Made(context, value, text => string.Join(' ', Tag().Replace(text, "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))),
        ["replace"] = (context, value, arguments) => StringMethods.Replace(
            context,
            Values.Text(context, value),
            Values.Text(context, arguments.Required(0, "old")),
            Values.Text(context, arguments.Required(1, "new")),
            arguments.Optional(2, "count") is { } count ? PythonNumbers.AsIndex(count) ?? -1 : -1),
        ["format"] = (context, value, arguments) => PercentFormat.Apply(context, Values.Text(context, value), arguments.Named.Count > 0 ? Named(arguments) : new Sequence(arguments.Positional, isTuple: true)),
        ["indent"] = (context, value, arguments) => Indent(context, Values.Text(context, value), arguments),
        ["truncate"] = (context, value, arguments) => Truncate(context, Values.Text(context, value), arguments),
        ["wordcount"] = (context, value, _) => (long)Word().Count(Values.Text(context, value)),
        ["wordwrap"] = (context, value, arguments) => WordWrap(context, Values.Text(context, value), arguments),
        ["center"] = (context, value, arguments) => StringMethods.Find(context, Values.Text(context, value), "center")!(new([(long)arguments.Integer(0, "width", 80)], arguments.Named)),
        ["urlencode"] = (context, value, _) => UrlEncode(context, value),
        ["tojson"] = (context, value, arguments) => value is Undefined undefined ? throw undefined.Fail() : JsonText.Filter(context, value, arguments),
        ["pprint"] = (context, value, _) => Values.Repr(context, value),
    };

    private static string Made(RenderContext context, object? value, Func<string, string> make)
    {
        var text = Values.Text(context, value);
        context.Spend(text.Length);
        return make(text);
    }

    private static string Escape(RenderContext context, object? value, CallArguments arguments)
    {
        var text = Values.Text(context, value);
        context.Spend(5L * text.Length);
        return text.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;").Replace("\"", "&#34;").Replace("'", "&#39;");
    }

    // Unlike str.title: a word ends at white space, hyphens and opening brackets.
    private static string Title(string text)
    {
        var result = new StringBuilder(text.Length);
        var inWord = false;
        foreach (var c in text)
        {
            result.Append(inWord ? char.ToLowerInvariant(c) : char.ToUpperInvariant(c));
            inWord = !(PythonText.IsSpace(c) || c is '-' or '(' or '{' or '[' or '<');
        }

        return result.ToString();
    }

    private static Map Named(CallArguments arguments)
    {
        var map = new Map();
        foreach (var (name, value) in arguments.Named)
            map.Set(name, value);
        return map;
    }

    private static string Indent(RenderContext context, string text, CallArguments arguments)
    {
        var width = arguments.Optional(0, "width", 4L);
        var unit = width as string;
        if (unit is null)
        {
            var blanks = Math.Max(0, PythonNumbers.AsIndex(width) ?? 4);
            context.Spend(blanks);
            unit = new string(' ', (int)blanks);
        }

        var (first, blank) = (arguments.Flag(1, "first"), arguments.Flag(2, "blank"));
        var lines = (text + "\n").Split('\n')[..^1];
        var result = new StringBuilder(first ? unit : "");
        for (var i = 0; i < lines.Length; i++)
        {
            if (i > 0)
                result.Append('\n');
            if (i > 0 && (blank || lines[i].Length > 0))
                result.Append(context.Made(unit));
            result.Append(context.Made(lines[i]));
        }

        return result.ToString();
    }

    private static string Truncate(RenderContext context, string text, CallArguments arguments)
    {
        var length = arguments.Integer(0, "length", 255);
        var end = arguments.OptionalText(2, "end", "...")!;
        var leeway = arguments.Integer(3, "leeway", 5);
        if (length < end.Length)
            throw new TemplateException($"expected length >= {end.Length}, got {length}");
        var points = PythonText.CodePoints(context.Made(text));
        if (points.Count <= (long)length + leeway)
            return text;
        var cut = string.Concat(points.Take(length - end.Length));
        return arguments.Flag(1, "killwords") ? cut + end : (cut.LastIndexOf(' ') is >= 0 and var blank ? cut[..blank] : cut) + end;
    }

    private static string WordWrap(RenderContext context, string text, CallArguments arguments)
    {
        var width = Math.Max(1, arguments.Integer(0, "width", 79));
        var breakLong = arguments.Flag(1, "break_long_words", true);
        var mark = arguments.OptionalText(2, "wrapstring") ?? "\n";
        context.Spend(2L * text.Length);
        var lines = new List<string>();
        foreach (var line in StringMethods.SplitLines(context, text, keepEnds: false).Items.Cast<string>())
        {
            var current = "";
            foreach (var word in line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                var rest = word;
                if (current.Length > 0 && current.Length + 1 + rest.Length > width)
                {
                    lines.Add(current);
                    current = "";
                }

                for (; breakLong && rest.Length > width; rest = rest[width..])
                    lines.Add(rest[..width]);
                current = current.Length == 0 ? rest : $"{current} {rest}";
            }

            lines.Add(current);
        }

        return StringMethods.Join(context, mark, lines);
    }

    private static string UrlEncode(RenderContext context, object? value)
    {
        if (value is Map map)
            return string.Join('&', map.Entries.Select(entry => $"{Quote(Values.Text(context, entry.Key), "")}={Quote(Values.Text(context, entry.Value), "")}"));
        return Quote(Values.Text(context, value), "/");

        string Quote(string text, string safe)
        {
            context.Spend(9L * text.Length);
            var result = new StringBuilder();
            foreach (var b in Encoding.UTF8.GetBytes(text))
                result.Append(char.IsAsciiLetterOrDigit((char)b) || "_.-~".Contains((char)b) || safe.Contains((char)b) ? ((char)b).ToString() : $"%{b:X2}");
            return result.ToString();
        }
    }

    [GeneratedRegex("<!--.*?-->|<[^>]*>", RegexOptions.Singleline | RegexOptions.NonBacktracking)]
    private static partial Regex Tag();

    [GeneratedRegex(@"\w+")]
    private static partial Regex Word();
}
