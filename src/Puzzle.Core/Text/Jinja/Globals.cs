namespace Puzzle.Core.Text.Jinja;

/// <summary>The functions that templates find under a name of their own.</summary>
internal static class Globals
{
    public static void Define(RenderContext context, Scope scope)
    {
        Function("range", arguments => Range(context, arguments));
        Function("dict", Dictionary);
        Function("namespace", arguments => NewNamespace(arguments));
        Function("cycler", arguments => NewCycler(arguments.Positional));
        Function("joiner", arguments => NewJoiner(arguments.Optional(0, "sep", ", ")));
        Function("lipsum", _ => throw new TemplateException("lipsum is not available"));
        Function("raise_exception", arguments => throw new TemplateException(Values.Text(context, arguments.Required(0, "message"))) { Raised = true });
        Function("strftime_now", arguments => Strftime.Apply(context, context.Options.Now(), arguments.Text(0, "format")));

        void Function(string name, Func<CallArguments, object?> call) => scope.Set(name, new HostFunction(name, call));
    }

    private static Sequence Range(RenderContext context, CallArguments arguments)
    {
        List<long> bounds = [.. arguments.Positional.Select(value => PythonNumbers.AsIndex(value)
            ?? throw (value as Undefined)?.Fail() ?? new TemplateException($"'{Values.TypeName(value)}' object cannot be interpreted as an integer"))];
        var (start, stop, step) = bounds switch
        {
            [var only] => (0, only, 1L),
            [var first, var second] => (first, second, 1L),
            [var first, var second, var third] => (first, second, third),
            _ => throw new TemplateException($"range expected 1 to 3 arguments, got {bounds.Count}"),
        };
        if (step == 0)
            throw new TemplateException("range() arg 3 must not be zero");
        var distance = step > 0 ? (Int128)stop - start : (Int128)start - stop;
        var stride = step > 0 ? step : -(Int128)step;
        var count = distance <= 0 ? 0 : (distance + stride - 1) / stride;
        if (count > context.Options.Limits.Range)
            throw new TemplateException($"Range too big. The sandbox blocks ranges larger than MAX_RANGE ({context.Options.Limits.Range}).");
        context.SpendItems((long)count);
        var items = new object?[(int)count];
        for (var i = 0; i < items.Length; i++)
            items[i] = start + (i * step);
        return new Sequence(items);
    }

    private static Map Dictionary(CallArguments arguments)
    {
        var map = new Map();
        foreach (var (key, value) in Members(arguments))
            map.Set(key, value);
        return map;
    }

    private static Namespace NewNamespace(CallArguments arguments)
    {
        var space = new Namespace();
        foreach (var (key, value) in Members(arguments))
            space.Members[key as string ?? throw new TemplateException("the members of a namespace have names")] = value;
        return space;
    }

    /// <summary>Entries of a mapping or of pairs, then named arguments.</summary>
    private static IEnumerable<(object? Key, object? Value)> Members(CallArguments arguments)
    {
        var given = arguments.Optional(0, "");
        if (given is Undefined undefined)
            throw undefined.Fail();
        var entries = given switch
        {
            null => [],
            Map map => map.Entries,
            Sequence pairs => pairs.Items.Select(pair => pair is Sequence { Items: [var key, var value] } ? (key, value) : throw new TemplateException("a dictionary is made of pairs")),
            _ => throw new TemplateException($"'{Values.TypeName(given)}' object is not iterable"),
        };
        return entries.Concat(arguments.Named.Select(entry => ((object?)entry.Key, entry.Value)));
    }

    private static Namespace NewCycler(IReadOnlyList<object?> items)
    {
        if (items.Count == 0)
            throw new TemplateException("at least one item has to be provided");
        var cycler = new Namespace();
        var at = 0;
        cycler.Members["current"] = items[0];
        cycler.Members["next"] = new HostFunction("next", _ =>
        {
            var item = items[at];
            at = (at + 1) % items.Count;
            cycler.Members["current"] = items[at];
            return item;
        });
        cycler.Members["reset"] = new HostFunction("reset", _ =>
        {
            (at, cycler.Members["current"]) = (0, items[0]);
            return null;
        });
        return cycler;
    }

    private static HostFunction NewJoiner(object? separator)
    {
        var used = false;
        return new HostFunction("joiner", _ =>
        {
            var text = used ? separator : "";
            used = true;
            return text;
        });
    }
}
