using System.Globalization;
using System.Numerics;
using System.Text;

namespace Puzzle.Core.Text.Jinja;

/// <summary>
/// Python's rules for the values of templates: string, long or BigInteger, double, bool, null, <see cref="Sequence"/>,
/// <see cref="Map"/>, <see cref="Namespace"/>, <see cref="ICallable"/> and <see cref="Undefined"/>. No object of the
/// program is among them.
/// </summary>
internal static class Values
{
    public static string TypeName(object? value) => value switch
    {
        null => "NoneType",
        string => "str",
        bool => "bool",
        long or BigInteger => "int",
        double => "float",
        Sequence { IsTuple: true } => "tuple",
        Sequence => "list",
        Map => "dict",
        Namespace => "Namespace",
        Undefined => "Undefined",
        Macro => "Macro",
        _ => "function",
    };

    /// <param name="strict">Whether undefined values may not be tested.</param>
    public static bool Truth(object? value, bool strict) => value switch
    {
        null => false,
        bool flag => flag,
        string text => text.Length > 0,
        long integer => integer != 0,
        BigInteger big => !big.IsZero,
        double number => number != 0,
        Sequence sequence => sequence.Items.Count > 0,
        Map map => map.Count > 0,
        Undefined undefined => strict ? throw undefined.Fail() : false,
        _ => true,
    };

    public static bool Equal(object? a, object? b)
    {
        RenderContext.CheckStack();
        return (a, b) switch
        {
            (string x, string y) => x == y,
            (Undefined, Undefined) => true,
            (Sequence x, Sequence y) => x.IsTuple == y.IsTuple && x.Items.Count == y.Items.Count && x.Items.Zip(y.Items).All(pair => Equal(pair.First, pair.Second)),
            (Map x, Map y) => x.Count == y.Count && x.Entries.All(entry => y.TryGet(entry.Key, out var value) && Equal(entry.Value, value)),
            _ => PythonNumbers.Is(a) && PythonNumbers.Is(b) ? !IsNaN(a) && !IsNaN(b) && PythonNumbers.Compare(a, b) == 0 : ReferenceEquals(a, b),
        };
    }

    public static int Compare(object? a, object? b, string op = "<")
    {
        RenderContext.CheckStack();
        if (a is string x && b is string y)
            return PythonText.Compare(x, y);
        if (PythonNumbers.Is(a) && PythonNumbers.Is(b))
            return PythonNumbers.Compare(a, b);
        if (a is Sequence s && b is Sequence t && s.IsTuple == t.IsTuple)
        {
            for (var i = 0; i < Math.Min(s.Items.Count, t.Items.Count); i++)
            {
                if (!Equal(s.Items[i], t.Items[i]))
                    return Compare(s.Items[i], t.Items[i], op);
            }

            return s.Items.Count - t.Items.Count;
        }

        throw ((a as Undefined) ?? (b as Undefined))?.Fail() ?? new TemplateException($"'{op}' not supported between instances of '{TypeName(a)}' and '{TypeName(b)}'");
    }

    public static bool Compare(object? a, string op, object? b) => (IsNaN(a) || IsNaN(b)) && PythonNumbers.Is(a) && PythonNumbers.Is(b) ? op == "!=" : op switch
    {
        "==" => Equal(a, b),
        "!=" => !Equal(a, b),
        "<" => Compare(a, b, op) < 0,
        "<=" => Compare(a, b, op) <= 0,
        ">" => Compare(a, b, op) > 0,
        ">=" => Compare(a, b, op) >= 0,
        "in" => Contains(b, a),
        _ => !Contains(b, a),
    };

    /// <summary><c>str(value)</c>.</summary>
    public static string Text(RenderContext context, object? value) => value switch
    {
        string text => text,
        Undefined undefined => context.Options.StrictUndefined ? throw undefined.Fail() : "",
        _ => Repr(context, value),
    };

    /// <summary><c>repr(value)</c>.</summary>
    public static string Repr(RenderContext context, object? value)
    {
        var text = new StringBuilder();
        Repr(context, text, value);
        return text.ToString();
    }

    /// <summary>The items of whatever can be looped over; null where it cannot.</summary>
    public static IReadOnlyList<object?>? Items(RenderContext context, object? value) => value switch
    {
        Sequence sequence => sequence.Items,
        Map map => [.. map.Keys],
        string text => context.List([.. PythonText.CodePoints(context.Made(text))]).Items,
        Undefined undefined => context.Options.StrictUndefined ? throw undefined.Fail() : [],
        _ => null,
    };

    public static IReadOnlyList<object?> Iterate(RenderContext context, object? value) =>
        Items(context, value) ?? throw new TemplateException($"'{TypeName(value)}' object is not iterable");

    public static int Length(RenderContext context, object? value) => value switch
    {
        string text => PythonText.Length(text),
        Sequence sequence => sequence.Items.Count,
        Map map => map.Count,
        Undefined undefined => context.Options.StrictUndefined ? throw undefined.Fail() : 0,
        _ => throw new TemplateException($"object of type '{TypeName(value)}' has no len()"),
    };

    private static void Repr(RenderContext context, StringBuilder text, object? value)
    {
        RenderContext.CheckStack();
        context.Step();
        var start = text.Length;
        switch (value)
        {
            case Sequence sequence:
                text.Append(sequence.IsTuple ? '(' : '[');
                for (var i = 0; i < sequence.Items.Count; i++)
                {
                    if (i > 0)
                        text.Append(", ");
                    Repr(context, text, sequence.Items[i]);
                }

                text.Append(sequence.IsTuple ? (sequence.Items.Count == 1 ? ",)" : ")") : "]");
                break;
            case Map map:
                ReprEntries(context, text.Append('{'), map.Entries);
                text.Append('}');
                break;
            case Namespace space:
                ReprEntries(context, text.Append("<Namespace {"), space.Members.Select(member => ((object?)member.Key, member.Value)));
                text.Append("}>");
                break;
            default:
                context.Spend((value as string)?.Length ?? 0);
                text.Append(Plain(value));
                context.Spend(text.Length - start);
                break;
        }
    }

    private static void ReprEntries(RenderContext context, StringBuilder text, IEnumerable<(object? Key, object? Value)> entries)
    {
        var first = true;
        foreach (var (key, value) in entries)
        {
            if (!first)
                text.Append(", ");
            first = false;
            Repr(context, text, key);
            text.Append(": ");
            Repr(context, text, value);
        }
    }

    private static string Plain(object? value) => value switch
    {
        null => "None",
        string text => PythonText.Repr(text),
        bool flag => flag ? "True" : "False",
        long integer => integer.ToString(CultureInfo.InvariantCulture),
        BigInteger big => big.ToString(CultureInfo.InvariantCulture),
        double number => PythonNumbers.Repr(number),
        Undefined => "Undefined",
        Macro macro => $"<Macro '{macro.Name}'>",
        HostFunction function => $"<function {function.Name}>",
        _ => "<function>",
    };

    private static bool Contains(object? container, object? item) => container switch
    {
        string text => item is string part ? text.Contains(part, StringComparison.Ordinal)
            : throw (item as Undefined)?.Fail() ?? new TemplateException($"'in <string>' requires string as left operand, not {TypeName(item)}"),
        Sequence sequence => sequence.Items.Any(other => Equal(other, item)),
        Map map => map.TryGet(item, out _),
        Undefined => false,
        _ => throw new TemplateException($"argument of type '{TypeName(container)}' is not iterable"),
    };

    private static bool IsNaN(object? value) => value is double.NaN;
}
