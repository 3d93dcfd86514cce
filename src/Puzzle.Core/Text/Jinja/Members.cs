using System.Numerics;

namespace Puzzle.Core.Text.Jinja;

/// <summary>What stands behind a dot: methods of texts, lists and dictionaries, as far as they change nothing.</summary>
internal static class Members
{
    private static readonly string[] Changing = ["append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse", "update", "setdefault", "popitem"];

    /// <summary><c>value.name</c>: a method, else an entry of that name, else undefined.</summary>
    public static object? Get(RenderContext context, object? value, string name)
    {
        if (value is Undefined undefined)
            throw undefined.Fail();
        if (name.StartsWith("__", StringComparison.Ordinal) || (value is Sequence or Map && Changing.Contains(name) && !(value is Map fields && fields.TryGet(name, out _))))
            return Undefined.Unsafe(name, value);
        if (TryGet(context, value, name, out var member))
            return member;
        return value is Map map && map.TryGet(name, out var entry) ? entry : Operations.Missing(value, name);
    }

    public static bool TryGet(RenderContext context, object? value, string name, out object? member)
    {
        member = value switch
        {
            string text => Method(name, StringMethods.Find(context, text, name)),
            Map map => Method(name, OfMap(context, map, name)),
            Sequence sequence => Method(name, OfSequence(sequence, name)),
            double number when name == "is_integer" => Method(name, _ => Math.Floor(number) == number),
            long or BigInteger when name == "bit_length" => Method(name, _ => PythonNumbers.Narrow(BigInteger.Abs(PythonNumbers.ToBig(value)).GetBitLength())),
            _ => null,
        };
        if (member is not null)
            return true;
        switch (value)
        {
            case Namespace space:
                return space.Members.TryGetValue(name, out member);
            case ICallable callable:
                return callable.TryMember(name, out member);
            case Sequence { Names: { Count: > 0 } names } tuple when names.ToList().IndexOf(name) is >= 0 and var at:
                member = tuple.Items[at];
                return true;
            default:
                return false;
        }
    }

    private static HostFunction? Method(string name, Func<CallArguments, object?>? call) => call is null ? null : new(name, call);

    private static Func<CallArguments, object?>? OfMap(RenderContext context, Map map, string name) => name switch
    {
        "get" => arguments => map.TryGet(arguments.Required(0, "key"), out var value) ? value : arguments.Optional(1, "default"),
        "keys" => _ => context.List([.. map.Keys]),
        "values" => _ => context.List([.. map.Values]),
        "items" => _ => context.List([.. map.Entries.Select(entry => Sequence.Tuple(entry.Key, entry.Value))]),
        "copy" => _ => map,
        _ => null,
    };

    private static Func<CallArguments, object?>? OfSequence(Sequence sequence, string name) => name switch
    {
        "index" => arguments => Index(sequence, arguments.Required(0, "value")),
        "count" => arguments => (long)sequence.Items.Count(item => Values.Equal(item, arguments.Required(0, "value"))),
        "copy" when !sequence.IsTuple => _ => sequence,
        _ => null,
    };

    private static long Index(Sequence sequence, object? item)
    {
        for (var i = 0; i < sequence.Items.Count; i++)
        {
            if (Values.Equal(sequence.Items[i], item))
                return i;
        }

        throw new TemplateException(item is string text ? $"'{text}' is not in list" : "the value is not in the list");
    }
}
