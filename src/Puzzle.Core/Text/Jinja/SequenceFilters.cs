namespace Puzzle.Core.Text.Jinja;

/// <summary>Filters of lists and dictionaries. Where Jinja hands out a generator, these give a list.</summary>
internal static class SequenceFilters
{
    public static IReadOnlyDictionary<string, Filter> All { get; } = new Dictionary<string, Filter>
    {
        ["length"] = (context, value, _) => (long)Values.Length(context, value),
        ["count"] = (context, value, _) => (long)Values.Length(context, value),
        ["list"] = (context, value, _) => context.List(Values.Iterate(context, value)),
        ["first"] = (context, value, _) => Values.Iterate(context, value) is [var first, ..] ? first : new Undefined("No first item, sequence was empty."),
        ["last"] = (context, value, _) => Values.Iterate(context, value) is [.., var last] ? last : new Undefined("No last item, sequence was empty."),
        ["join"] = Join,
        ["reverse"] = (context, value, _) => value is string text ? string.Concat(PythonText.CodePoints(context.Made(text)).AsEnumerable().Reverse()) : context.List([.. Values.Iterate(context, value).Reverse()]),
        ["sort"] = (context, value, arguments) => Sort(context, Values.Iterate(context, value), Attribute(context, arguments.Optional(2, "attribute")), arguments.Flag(1, "case_sensitive"), arguments.Flag(0, "reverse")),
        ["unique"] = Unique,
        ["sum"] = Sum,
        ["min"] = (context, value, arguments) => Extreme(context, value, arguments, -1),
        ["max"] = (context, value, arguments) => Extreme(context, value, arguments, 1),
        ["map"] = Map,
        ["select"] = (context, value, arguments) => Select(context, value, arguments, byAttribute: false, keep: true),
        ["reject"] = (context, value, arguments) => Select(context, value, arguments, byAttribute: false, keep: false),
        ["selectattr"] = (context, value, arguments) => Select(context, value, arguments, byAttribute: true, keep: true),
        ["rejectattr"] = (context, value, arguments) => Select(context, value, arguments, byAttribute: true, keep: false),
        ["attr"] = (context, value, arguments) => Members.TryGet(context, value, arguments.Text(0, "name"), out var member) ? member : Members.Get(context, value is Jinja.Map ? null : value, arguments.Text(0, "name")),
        ["items"] = (context, value, _) => value switch
        {
            Undefined => context.List([]),
            Jinja.Map map => context.List([.. map.Entries.Select(entry => Sequence.Tuple(entry.Key, entry.Value))]),
            _ => throw new TemplateException("Can only get item pairs from a mapping."),
        },
        ["dictsort"] = DictSort,
        ["groupby"] = GroupBy,
        ["batch"] = Batch,
        ["slice"] = Slice,
    };

    private static string Join(RenderContext context, object? value, CallArguments arguments)
    {
        var attribute = Attribute(context, arguments.Optional(1, "attribute"));
        return StringMethods.Join(context, Values.Text(context, arguments.Optional(0, "d", "")), [.. Values.Iterate(context, value).Select(item => (object?)Values.Text(context, attribute(item)))]);
    }

    /// <summary>Reads <c>a.b.0</c> of an item; the item itself for none.</summary>
    private static Func<object?, object?> Attribute(RenderContext context, object? path, object? fallback = null)
    {
        if (path is null)
            return item => item;
        List<object?> steps = path is string text ? [.. text.Split('.').Select(step => long.TryParse(step, out var index) ? (object?)index : step)] : [path];
        return item =>
        {
            foreach (var step in steps)
            {
                item = Operations.Subscript(context, item, step);
                if (item is Undefined && fallback is not null)
                    item = fallback;
            }

            return item;
        };
    }

    private static object? Folded(object? value, bool caseSensitive) => !caseSensitive && value is string text ? text.ToLowerInvariant() : value;

    private static Sequence Sort(RenderContext context, IEnumerable<object?> items, Func<object?, object?> attribute, bool caseSensitive, bool reverse)
    {
        var comparer = Comparer<object?>.Create((a, b) =>
        {
            context.Step();
            return Values.Compare(a, b, "<");
        });
        Func<object?, object?> key = item => Folded(attribute(item), caseSensitive);
        try
        {
            return context.List([.. reverse ? items.OrderByDescending(key, comparer) : items.OrderBy(key, comparer)]);
        }
        catch (InvalidOperationException error) when (error.InnerException is TemplateException inner)
        {
            throw new TemplateException(inner.Reason);
        }
    }

    private static Sequence Unique(RenderContext context, object? value, CallArguments arguments)
    {
        var attribute = Attribute(context, arguments.Optional(1, "attribute"));
        var seen = new Map();
        List<object?> items = [];
        foreach (var item in Values.Iterate(context, value))
        {
            context.Step();
            var key = Folded(attribute(item), arguments.Flag(0, "case_sensitive"));
            if (seen.TryGet(key, out _))
                continue;
            seen.Set(key, true);
            items.Add(item);
        }

        return context.List(items);
    }

    private static object? Sum(RenderContext context, object? value, CallArguments arguments)
    {
        var attribute = Attribute(context, arguments.Optional(0, "attribute"));
        var sum = arguments.Optional(1, "start", 0L);
        foreach (var item in Values.Iterate(context, value))
        {
            context.Step();
            sum = Operations.Binary(context, "+", sum, attribute(item));
        }

        return sum;
    }

    private static object? Extreme(RenderContext context, object? value, CallArguments arguments, int sign)
    {
        var attribute = Attribute(context, arguments.Optional(1, "attribute"));
        var items = Values.Iterate(context, value);
        if (items.Count == 0)
            return new Undefined("No aggregated item, sequence was empty.");
        var best = items[0];
        foreach (var item in items.Skip(1))
        {
            context.Step();
            if (Math.Sign(Values.Compare(Folded(attribute(item), arguments.Flag(0, "case_sensitive")), Folded(attribute(best), arguments.Flag(0, "case_sensitive")), sign > 0 ? ">" : "<")) == sign)
                best = item;
        }

        return best;
    }

    private static Sequence Map(RenderContext context, object? value, CallArguments arguments)
    {
        if (arguments.Positional.Count == 0 && arguments.Named.TryGetValue("attribute", out var path))
        {
            var attribute = Attribute(context, path, arguments.Optional(99, "default"));
            return context.List([.. Values.Iterate(context, value).Select(attribute)]);
        }

        var name = arguments.Text(0, "filter");
        return context.List([.. Values.Iterate(context, value).Select(item => FilterTable.Apply(context, name, item, arguments.Behind(1)))]);
    }

    private static Sequence Select(RenderContext context, object? value, CallArguments arguments, bool byAttribute, bool keep)
    {
        Func<object?, object?> attribute = item => item;
        if (byAttribute)
        {
            attribute = Attribute(context, arguments.Required(0, "attribute"));
            arguments = arguments.Behind(1);
        }

        List<object?> items = [];
        foreach (var item in Values.Iterate(context, value))
        {
            context.Step();
            var holds = arguments.Positional.Count == 0
                ? Values.Truth(attribute(item), context.Options.StrictUndefined)
                : TestTable.Apply(context, arguments.Text(0, "test"), attribute(item), arguments.Behind(1));
            if (holds == keep)
                items.Add(item);
        }

        return context.List(items);
    }

    private static Sequence DictSort(RenderContext context, object? value, CallArguments arguments)
    {
        if (value is not Jinja.Map map)
            throw new TemplateException("dictsort needs a mapping");
        var place = arguments.OptionalText(1, "by", "key") switch { "key" => 0, "value" => 1, _ => throw new TemplateException("You can only sort by either \"key\" or \"value\"") };
        return Sort(context, map.Entries.Select(entry => (object?)Sequence.Tuple(entry.Key, entry.Value)), pair => ((Sequence)pair!).Items[place], arguments.Flag(0, "case_sensitive"), arguments.Flag(2, "reverse"));
    }

    private static Sequence GroupBy(RenderContext context, object? value, CallArguments arguments)
    {
        var attribute = Attribute(context, arguments.Required(0, "attribute"), arguments.Optional(1, "default"));
        var caseSensitive = arguments.Flag(2, "case_sensitive");
        List<(object? Key, List<object?> Items)> groups = [];
        foreach (var item in Sort(context, Values.Iterate(context, value), attribute, caseSensitive, reverse: false).Items)
        {
            if (groups.Count == 0 || !Values.Equal(Folded(groups[^1].Key, caseSensitive), Folded(attribute(item), caseSensitive)))
                groups.Add((attribute(item), []));
            groups[^1].Items.Add(item);
        }

        return context.List([.. groups.Select(group => new Sequence([group.Key, new Sequence(group.Items)], isTuple: true, ["grouper", "list"]))]);
    }

    private static Sequence Batch(RenderContext context, object? value, CallArguments arguments)
    {
        var count = arguments.Integer(0, "linecount");
        if (count < 1)
            throw new TemplateException("batch needs at least one item a line");
        var fill = arguments.Optional(1, "fill_with");
        List<object?> batches = [];
        foreach (var chunk in Values.Iterate(context, value).Chunk(count))
        {
            var missing = fill is null ? 0 : count - chunk.Length;
            context.SpendItems(missing);
            batches.Add(context.List([.. chunk, .. Enumerable.Repeat(fill, missing)]));
        }

        return context.List(batches);
    }

    private static Sequence Slice(RenderContext context, object? value, CallArguments arguments)
    {
        var items = Values.Iterate(context, value);
        var slices = arguments.Integer(0, "slices");
        if (slices < 1)
            throw new TemplateException("slice needs at least one slice");
        context.SpendItems(slices);
        var (each, more) = Math.DivRem(items.Count, slices);
        var fill = arguments.Optional(1, "fill_with");
        List<object?> parts = [];
        for (int i = 0, at = 0; i < slices; i++)
        {
            var length = each + (i < more ? 1 : 0);
            List<object?> part = [.. items.Skip(at).Take(length)];
            if (fill is not null && i >= more && more > 0)
                part.Add(fill);
            parts.Add(context.List(part));
            at += length;
        }

        return context.List(parts);
    }
}
