using System.Collections;
using System.Globalization;
using System.Text;
using Puzzle.Evaluation.TaskFiles;

namespace Puzzle.Evaluation.Text;

/// <summary>Python's <c>json.dumps(value, ensure_ascii=False)</c>: the harness hashes and stores documents in this form.</summary>
public static class PythonJson
{
    /// <param name="indent">Spaces a level; null writes one line with <c>", "</c> and <c>": "</c>.</param>
    public static string Write(object? value, int? indent = null)
    {
        var text = new StringBuilder();
        Append(text, value, indent, 0);
        return text.ToString();
    }

    private static void Append(StringBuilder text, object? value, int? indent, int level)
    {
        switch (value)
        {
            case null:
                text.Append("null");
                break;
            case bool truth:
                text.Append(truth ? "true" : "false");
                break;
            case string characters:
                AppendString(text, characters);
                break;
            case double number:
                text.Append(PythonNumbers.Repr(number));
                break;
            case float number:
                text.Append(PythonNumbers.Repr(number));
                break;
            case FunctionReference function:
                AppendString(text, $"!function {function.Name}");
                break;
            case IReadOnlyDictionary<string, object?> map:
                AppendItems(text, '{', '}', [.. map], indent, level, entry =>
                {
                    AppendString(text, entry.Key);
                    text.Append(": ");
                    Append(text, entry.Value, indent, level + 1);
                });
                break;
            case IEnumerable list:
                AppendItems(text, '[', ']', [.. list.Cast<object?>()], indent, level, item => Append(text, item, indent, level + 1));
                break;
            case IFormattable number:
                text.Append(number.ToString(null, CultureInfo.InvariantCulture));
                break;
            default:
                AppendString(text, value.ToString() ?? "");
                break;
        }
    }

    private static void AppendItems<T>(StringBuilder text, char open, char close, T[] items, int? indent, int level, Action<T> append)
    {
        text.Append(open);
        for (var i = 0; i < items.Length; i++)
        {
            if (i > 0)
                text.Append(indent is null ? ", " : ",");
            NewLine(text, indent, level + 1);
            append(items[i]);
        }

        if (items.Length > 0)
            NewLine(text, indent, level);
        text.Append(close);
    }

    private static void NewLine(StringBuilder text, int? indent, int level)
    {
        if (indent is { } width)
            text.Append('\n').Append(' ', width * level);
    }

    private static void AppendString(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var character in value)
        {
            _ = character switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                '\b' => text.Append("\\b"),
                '\f' => text.Append("\\f"),
                < ' ' => text.Append($"\\u{(int)character:x4}"),
                _ => text.Append(character),
            };
        }

        text.Append('"');
    }
}
