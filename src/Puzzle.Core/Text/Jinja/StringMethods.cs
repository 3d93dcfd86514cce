using System.Text;

namespace Puzzle.Core.Text.Jinja;

/// <summary>The methods of Python's <c>str</c>.</summary>
internal static class StringMethods
{
    public static Func<CallArguments, object?>? Find(RenderContext context, string text, string name) => name switch
    {
        "upper" => Made(context, text, _ => text.ToUpperInvariant()),
        "lower" or "casefold" => Made(context, text, _ => text.ToLowerInvariant()),
        "capitalize" => Made(context, text, _ => PythonText.Capitalize(text)),
        "title" => Made(context, text, _ => PythonText.Title(text)),
        "swapcase" => Made(context, text, _ => string.Concat(text.Select(c => char.IsUpper(c) ? char.ToLowerInvariant(c) : char.ToUpperInvariant(c)))),
        "strip" => Made(context, text, a => PythonText.Trim(text, a.OptionalText(0, "chars"))),
        "lstrip" => Made(context, text, a => PythonText.TrimStart(text, a.OptionalText(0, "chars"))),
        "rstrip" => Made(context, text, a => PythonText.TrimEnd(text, a.OptionalText(0, "chars"))),
        "removeprefix" => Made(context, text, a => text.StartsWith(a.Text(0, "prefix"), StringComparison.Ordinal) ? text[a.Text(0, "prefix").Length..] : text),
        "removesuffix" => Made(context, text, a => text.EndsWith(a.Text(0, "suffix"), StringComparison.Ordinal) ? text[..^a.Text(0, "suffix").Length] : text),
        "replace" => a => Replace(context, text, a.Text(0, "old"), a.Text(1, "new"), a.Integer(2, "count", -1)),
        "split" => a => Split(context, text, a.OptionalText(0, "sep"), a.Integer(1, "maxsplit", -1)),
        "rsplit" => a => SplitFromEnd(context, text, a.OptionalText(0, "sep"), a.Integer(1, "maxsplit", -1)),
        "splitlines" => a => SplitLines(context, text, a.Flag(0, "keepends")),
        "partition" => a => Partition(context, text, a.Text(0, "sep"), text.IndexOf(a.Text(0, "sep"), StringComparison.Ordinal), fromEnd: false),
        "rpartition" => a => Partition(context, text, a.Text(0, "sep"), text.LastIndexOf(a.Text(0, "sep"), StringComparison.Ordinal), fromEnd: true),
        "join" => a => Join(context, text, Values.Iterate(context, a.Required(0, "iterable"))),
        "startswith" => a => Any(a.Required(0, "prefix"), part => text.StartsWith(part, StringComparison.Ordinal)),
        "endswith" => a => Any(a.Required(0, "suffix"), part => text.EndsWith(part, StringComparison.Ordinal)),
        "find" => a => Place(text, a, text.IndexOf),
        "rfind" => a => Place(text, a, text.LastIndexOf),
        "index" => a => Place(text, a, text.IndexOf) is >= 0 and var at ? at : throw new TemplateException("substring not found"),
        "rindex" => a => Place(text, a, text.LastIndexOf) is >= 0 and var at ? at : throw new TemplateException("substring not found"),
        "count" => a => a.Text(0, "sub") is { Length: > 0 } part ? (long)(text.Split(part).Length - 1) : PythonText.Length(text) + 1L,
        "center" => a => Pad(context, text, a, (_, missing, width) => (missing / 2) + (missing & width & 1)),
        "ljust" => a => Pad(context, text, a, (_, _, _) => 0),
        "rjust" => a => Pad(context, text, a, (_, missing, _) => missing),
        "zfill" => a => ZeroFill(context, text, a.Integer(0, "width")),
        "expandtabs" => a => ExpandTabs(context, text, a.Integer(0, "tabsize", 8)),
        "format" => a => BraceFormat.Apply(context, text, a),
        "isdigit" or "isdecimal" => _ => All(text, char.IsDigit),
        "isnumeric" => _ => All(text, char.IsNumber),
        "isalpha" => _ => All(text, char.IsLetter),
        "isalnum" => _ => All(text, char.IsLetterOrDigit),
        "isspace" => _ => All(text, PythonText.IsSpace),
        "isascii" => _ => text.All(char.IsAscii),
        "isupper" => _ => text.Any(char.IsUpper) && !text.Any(char.IsLower),
        "islower" => _ => text.Any(char.IsLower) && !text.Any(char.IsUpper),
        "istitle" => _ => text.Any(char.IsLetter) && PythonText.Title(text) == text,
        _ => null,
    };

    public static string Replace(RenderContext context, string text, string old, string replacement, long count)
    {
        context.Spend(text.Length);
        if (count == 0)
            return text;
        var result = new StringBuilder();
        if (old.Length == 0)
        {
            foreach (var point in PythonText.CodePoints(text))
            {
                if (count-- != 0)
                    Add(replacement);
                else
                    count = 0;
                Add(point);
            }

            if (count != 0)
                Add(replacement);
            return result.ToString();
        }

        var at = 0;
        while (count != 0 && text.IndexOf(old, at, StringComparison.Ordinal) is >= 0 and var found)
        {
            Add(text[at..found]);
            Add(replacement);
            at = found + old.Length;
            count--;
        }

        return result.Append(text, at, text.Length - at).ToString();

        void Add(string part)
        {
            context.Spend(part.Length);
            result.Append(part);
        }
    }

    public static Sequence Split(RenderContext context, string text, string? separator, long most)
    {
        context.Spend(text.Length);
        List<object?> parts = [];
        if (separator is null)
        {
            var start = Skip(0);
            while (start < text.Length)
            {
                var end = start;
                while (end < text.Length && !PythonText.IsSpace(text[end]))
                    end++;
                if (most >= 0 && parts.Count == most)
                    end = PythonText.TrimEnd(text).Length;
                parts.Add(text[start..end]);
                start = Skip(end);
            }

            return context.List(parts);
        }

        CheckSeparator(separator);
        var at = 0;
        while (most != 0 && text.IndexOf(separator, at, StringComparison.Ordinal) is >= 0 and var found)
        {
            parts.Add(text[at..found]);
            at = found + separator.Length;
            most--;
        }

        parts.Add(text[at..]);
        return context.List(parts);

        int Skip(int from)
        {
            while (from < text.Length && PythonText.IsSpace(text[from]))
                from++;
            return from;
        }
    }

    public static string Join(RenderContext context, string separator, IReadOnlyList<object?> items)
    {
        var result = new StringBuilder();
        for (var i = 0; i < items.Count; i++)
        {
            var item = items[i] as string ?? throw (items[i] as Undefined)?.Fail() ?? new TemplateException($"sequence item {i}: expected str instance, {Values.TypeName(items[i])} found");
            context.Spend(item.Length + separator.Length);
            if (i > 0)
                result.Append(separator);
            result.Append(item);
        }

        return result.ToString();
    }

    public static Sequence SplitLines(RenderContext context, string text, bool keepEnds)
    {
        context.Spend(text.Length);
        List<object?> lines = [];
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is not ('\n' or '\r' or '\v' or '\f' or '\u001c' or '\u001d' or '\u001e' or '\u0085' or '\u2028' or '\u2029'))
                continue;
            var end = text[i] == '\r' && i + 1 < text.Length && text[i + 1] == '\n' ? i + 2 : i + 1;
            lines.Add(text[start..(keepEnds ? end : i)]);
            start = end;
            i = end - 1;
        }

        if (start < text.Length)
            lines.Add(text[start..]);
        return context.List(lines);
    }

    private static Func<CallArguments, object?> Made(RenderContext context, string text, Func<CallArguments, string> make) => arguments =>
    {
        context.Spend(text.Length);
        return make(arguments);
    };

    private static Sequence SplitFromEnd(RenderContext context, string text, string? separator, long most)
    {
        if (most < 0)
            return Split(context, text, separator, most);
        context.Spend(text.Length);
        List<object?> parts = [];
        if (separator is not null)
        {
            CheckSeparator(separator);
            var stop = text.Length;
            while (most-- > 0 && stop >= separator.Length && text.AsSpan(0, stop).LastIndexOf(separator) is >= 0 and var found)
            {
                parts.Add(text[(found + separator.Length)..stop]);
                stop = found;
            }

            parts.Add(text[..stop]);
        }
        else
        {
            var end = PythonText.TrimEnd(text).Length;
            while (end > 0)
            {
                var start = end;
                while (start > 0 && !PythonText.IsSpace(text[start - 1]))
                    start--;
                if (parts.Count == most)
                    start = text.Length - PythonText.TrimStart(text).Length;
                parts.Add(text[start..end]);
                end = PythonText.TrimEnd(text[..start]).Length;
            }
        }

        parts.Reverse();
        return context.List(parts);
    }

    private static void CheckSeparator(string separator)
    {
        if (separator.Length == 0)
            throw new TemplateException("empty separator");
    }

    private static Sequence Partition(RenderContext context, string text, string separator, int at, bool fromEnd)
    {
        CheckSeparator(separator);
        context.Spend(text.Length);
        return at >= 0 ? Sequence.Tuple(text[..at], separator, text[(at + separator.Length)..]) : fromEnd ? Sequence.Tuple("", "", text) : Sequence.Tuple(text, "", "");
    }

    private static bool Any(object? parts, Func<string, bool> holds) => parts switch
    {
        string part => holds(part),
        Sequence { IsTuple: true } tuple => tuple.Items.Any(part => part is string text && holds(text)),
        Undefined undefined => throw undefined.Fail(),
        _ => throw new TemplateException($"first arg must be str or a tuple of str, not {Values.TypeName(parts)}"),
    };

    private static bool All(string text, Func<char, bool> holds) => text.Length > 0 && text.All(holds);

    private static long Place(string text, CallArguments arguments, Func<string, StringComparison, int> find)
    {
        var at = find(arguments.Text(0, "sub"), StringComparison.Ordinal);
        return at < 0 ? -1 : PythonText.Length(text[..at]);
    }

    private static string Pad(RenderContext context, string text, CallArguments arguments, Func<string, int, int, int> left)
    {
        var width = arguments.Integer(0, "width");
        var fill = arguments.OptionalText(1, "fillchar", " ")!;
        if (PythonText.Length(fill) != 1)
            throw new TemplateException("The fill character must be exactly one character long");
        var missing = width - PythonText.Length(text);
        if (missing <= 0)
            return text;
        context.Spend(text.Length + missing);
        var before = left(text, missing, width);
        return new StringBuilder().Insert(0, fill, before).Append(text).Insert(text.Length + (before * fill.Length), fill, missing - before).ToString();
    }

    private static string ZeroFill(RenderContext context, string text, int width)
    {
        var missing = width - PythonText.Length(text);
        if (missing <= 0)
            return text;
        context.Spend(text.Length + missing);
        var sign = text.StartsWith('-') || text.StartsWith('+') ? 1 : 0;
        return text[..sign] + new string('0', missing) + text[sign..];
    }

    private static string ExpandTabs(RenderContext context, string text, int size)
    {
        var result = new StringBuilder();
        var column = 0;
        foreach (var c in text)
        {
            var width = c == '\t' ? (size > 0 ? size - (column % size) : 0) : 1;
            context.Spend(width);
            result.Append(c == '\t' ? ' ' : c, width);
            column = c is '\n' or '\r' ? 0 : column + width;
        }

        return result.ToString();
    }
}
