using System.Numerics;
using System.Text;

namespace Puzzle.Core.Text.Jinja;

/// <summary>Python's operators and subscripts.</summary>
internal static class Operations
{
    public static object? Binary(RenderContext context, string op, object? a, object? b)
    {
        if (PythonNumbers.Is(a) && PythonNumbers.Is(b))
            return PythonNumbers.Calculate(op, a!, b!);
        switch (op, a, b)
        {
            case ("+", string x, string y):
                context.Spend(x.Length + y.Length);
                return x + y;
            case ("+", Sequence x, Sequence y) when x.IsTuple == y.IsTuple:
                context.SpendItems(x.Items.Count + y.Items.Count);
                return new Sequence([.. x.Items, .. y.Items], x.IsTuple);
            case ("*", string or Sequence, _) when PythonNumbers.AsIndex(b) is { } count:
                return Repeat(context, a, count);
            case ("*", _, string or Sequence) when PythonNumbers.AsIndex(a) is { } count:
                return Repeat(context, b, count);
            case ("%", string format, _):
                return PercentFormat.Apply(context, format, b);
        }

        if (((a as Undefined) ?? (b as Undefined)) is { } undefined)
            throw undefined.Fail();
        if (op == "+" && (a is string || a is Sequence))
            throw new TemplateException($"can only concatenate {Values.TypeName(a)} (not \"{Values.TypeName(b)}\") to {Values.TypeName(a)}");
        throw new TemplateException($"unsupported operand type(s) for {op}{(op == "**" ? " or pow()" : "")}: '{Values.TypeName(a)}' and '{Values.TypeName(b)}'");
    }

    public static object Unary(char op, object? value) => value switch
    {
        long or BigInteger or bool => op == '-' ? PythonNumbers.Narrow(-PythonNumbers.ToBig(value)) : PythonNumbers.Narrow(PythonNumbers.ToBig(value)),
        double number => op == '-' ? -number : number,
        Undefined undefined => throw undefined.Fail(),
        _ => throw new TemplateException($"bad operand type for unary {op}: '{Values.TypeName(value)}'"),
    };

    /// <summary><c>value[index]</c>; undefined where there is none.</summary>
    public static object? Subscript(RenderContext context, object? value, object? index)
    {
        switch (value)
        {
            case Undefined undefined:
                throw undefined.Fail();
            case Map map:
                if (map.TryGet(index, out var entry))
                    return entry;
                break;
            case Sequence sequence when PythonNumbers.AsIndex(index) is { } place:
                var at = place < 0 ? place + sequence.Items.Count : place;
                if (at >= 0 && at < sequence.Items.Count)
                    return sequence.Items[(int)at];
                break;
            case string text when PythonNumbers.AsIndex(index) is { } place:
                if (Character(text, place) is { } character)
                    return character;
                break;
        }

        return index is string name && Members.TryGet(context, value, name, out var member) ? member : Missing(value, index);
    }

    public static Undefined Missing(object? value, object? index)
    {
        var type = value is null ? "None" : $"{Values.TypeName(value)} object";
        return new(index is string name ? $"'{type}' has no attribute '{name}'" : $"{type} has no element {(index is long number ? number : Values.TypeName(index))}");
    }

    /// <summary><c>value[start:stop:step]</c>.</summary>
    public static object Slice(RenderContext context, object? value, object? start, object? stop, object? step)
    {
        if (value is Undefined undefined)
            throw undefined.Fail();
        var stride = step is null ? 1 : Place(step);
        if (stride == 0)
            throw new TemplateException("slice step cannot be zero");
        if (value is string text)
        {
            if (!PythonText.HasSurrogates(text))
                return context.Made(Take(text, text.Length, start, stop, stride));
            var points = PythonText.CodePoints(context.Made(text));
            return context.Made(string.Concat(Places(points.Count, start, stop, stride).Select(i => points[i])));
        }

        if (value is not Sequence sequence)
            throw new TemplateException($"'{Values.TypeName(value)}' object is not subscriptable");
        List<object?> items = [.. Places(sequence.Items.Count, start, stop, stride).Select(i => sequence.Items[i])];
        context.SpendItems(items.Count);
        return new Sequence(items, sequence.IsTuple);
    }

    public static string Concatenate(RenderContext context, IReadOnlyList<object?> parts)
    {
        var text = new StringBuilder();
        foreach (var part in parts)
            text.Append(context.Made(Values.Text(context, part)));
        return text.ToString();
    }

    private static string Take(string text, int length, object? start, object? stop, long stride)
    {
        if (stride != 1)
            return string.Concat(Places(length, start, stop, stride).Select(i => text[i]));
        var (from, to) = (Clamp(start, length, 0), Clamp(stop, length, length));
        return from < to ? text[from..to] : "";
    }

    private static IEnumerable<int> Places(int length, object? start, object? stop, long stride)
    {
        if (stride > 0)
        {
            long end = Clamp(stop, length, length);
            for (long i = Clamp(start, length, 0); i < end; i += Math.Min(stride, int.MaxValue))
                yield return (int)i;
        }
        else
        {
            long end = Clamp(stop, length, -1, backwards: true);
            for (long i = Clamp(start, length, length - 1, backwards: true); i > end; i += Math.Max(stride, -int.MaxValue))
                yield return (int)i;
        }
    }

    private static int Clamp(object? place, int length, int fallback, bool backwards = false)
    {
        if (place is null)
            return fallback;
        var at = Place(place);
        at = at < 0 ? Math.Max(at, -length - 1) + length : at;
        return (int)(backwards ? Math.Clamp(at, -1, length - 1) : Math.Clamp(at, 0, length));
    }

    private static long Place(object? value) => PythonNumbers.AsIndex(value)
        ?? throw (value as Undefined)?.Fail() ?? new TemplateException("slice indices must be integers or None or have an __index__ method");

    private static string? Character(string text, long place)
    {
        if (!PythonText.HasSurrogates(text))
        {
            var at = place < 0 ? place + text.Length : place;
            return at >= 0 && at < text.Length ? text[(int)at].ToString() : null;
        }

        var points = PythonText.CodePoints(text);
        var index = place < 0 ? place + points.Count : place;
        return index >= 0 && index < points.Count ? points[(int)index] : null;
    }

    private static object Repeat(RenderContext context, object? value, long count)
    {
        count = Math.Max(count, 0);
        if (value is string text)
        {
            context.Spend(text.Length == 0 ? 0 : checked((long)Math.Min((double)text.Length * count, long.MaxValue / 2)));
            return text.Length == 0 ? "" : new StringBuilder(checked((int)(text.Length * count))).Insert(0, text, (int)count).ToString();
        }

        var sequence = (Sequence)value!;
        context.SpendItems((long)Math.Min((double)sequence.Items.Count * count, 1L << 50));
        List<object?> items = [];
        for (long i = 0; i < count && sequence.Items.Count > 0; i++)
            items.AddRange(sequence.Items);
        return new Sequence(items, sequence.IsTuple);
    }
}
