using System.Text;

namespace Puzzle.Core.Text.Jinja;

/// <summary>Python's <c>json.dumps</c>.</summary>
internal sealed class JsonText(RenderContext context, int? indent, string itemSeparator, string keySeparator, bool sortKeys, bool ascii)
{
    private readonly StringBuilder _text = new();

    /// <summary>The filter <c>tojson</c>.</summary>
    public static string Filter(RenderContext context, object? value, CallArguments arguments)
    {
        // transformers' own takes ensure_ascii first, Jinja's indent.
        var html = context.Options.HtmlSafeJson;
        var indent = arguments.Optional(html ? 0 : 1, "indent") is { } width ? PythonNumbers.AsIndex(width) ?? 0 : (long?)null;
        var separators = arguments.Optional(html ? 9 : 2, "separators") as Sequence;
        var json = new JsonText(
            context,
            indent is { } spaces ? (int)Math.Clamp(spaces, 0, 1000) : null,
            separators is { Items: [string item, _] } ? item : indent is null ? ", " : ",",
            separators is { Items: [_, string key] } ? key : ": ",
            html || arguments.Flag(3, "sort_keys"),
            html || arguments.Flag(0, "ensure_ascii"));
        json.Write(value, 0);
        var text = json._text.ToString();
        return html ? text.Replace("<", "\\u003c").Replace(">", "\\u003e").Replace("&", "\\u0026").Replace("'", "\\u0027") : text;
    }

    private void Write(object? value, int level)
    {
        RenderContext.CheckStack();
        context.Step();
        switch (value)
        {
            case string text:
                String(text);
                break;
            case Sequence sequence:
                Items('[', ']', sequence.Items, level, item => Write(item, level + 1));
                break;
            case Map map:
                var entries = map.Entries.Select(entry => (Key: Key(entry.Key), entry.Value)).ToList();
                if (sortKeys)
                    entries.Sort((a, b) => PythonText.Compare(a.Key, b.Key));
                Items('{', '}', entries, level, entry =>
                {
                    String(entry.Key);
                    _text.Append(keySeparator);
                    Write(entry.Value, level + 1);
                });
                break;
            default:
                Append(Plain(value));
                break;
        }
    }

    private static string Plain(object? value) => value switch
    {
        null => "null",
        bool flag => flag ? "true" : "false",
        double number => double.IsNaN(number) ? "NaN" : double.IsInfinity(number) ? (number > 0 ? "Infinity" : "-Infinity") : PythonNumbers.Repr(number),
        _ when PythonNumbers.IsInteger(value) => PythonNumbers.ToBig(value).ToString(),
        _ => throw new TemplateException($"Object of type {Values.TypeName(value)} is not JSON serializable"),
    };

    private static string Key(object? key) => key as string ?? (key is null || PythonNumbers.Is(key) ? Plain(key) : throw new TemplateException($"keys must be str, int, float, bool or None, not {Values.TypeName(key)}"));

    private void Items<T>(char open, char close, IReadOnlyList<T> items, int level, Action<T> write)
    {
        _text.Append(open);
        for (var i = 0; i < items.Count; i++)
        {
            if (i > 0)
                Append(itemSeparator);
            NewLine(level + 1);
            write(items[i]);
        }

        if (items.Count > 0)
            NewLine(level);
        _text.Append(close);
    }

    private void NewLine(int level)
    {
        if (indent is not { } width)
            return;
        context.Spend((width * level) + 1);
        _text.Append('\n').Append(' ', width * level);
    }

    private void Append(string text)
    {
        context.Spend(text.Length);
        _text.Append(text);
    }

    private void String(string value)
    {
        context.Spend(value.Length + 2);
        _text.Append('"');
        foreach (var c in value)
        {
            if (c is '"' or '\\')
                _text.Append('\\').Append(c);
            else if ("\n\r\t\b\f".IndexOf(c) is >= 0 and var escape)
                _text.Append('\\').Append("nrtbf"[escape]);
            else if (c < ' ' || (ascii && c > '~'))
                _text.Append($"\\u{(int)c:x4}");
            else
                _text.Append(c);
        }

        _text.Append('"');
    }
}
