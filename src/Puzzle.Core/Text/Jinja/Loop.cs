namespace Puzzle.Core.Text.Jinja;

/// <summary>The value <c>loop</c> inside a loop.</summary>
/// <param name="again">Runs the loop's body over other items, where the loop is recursive.</param>
internal sealed class Loop(IReadOnlyList<object?> items, int depth, Func<object?, int, object?>? again) : ICallable
{
    private object? _changing;
    private bool _hasChanging;

    /// <summary>The turn, counted from 0.</summary>
    public int Index { get; set; }

    public object? Call(CallArguments arguments) => again is null
        ? throw new TemplateException("The loop must have the 'recursive' marker to be called recursively.")
        : again(arguments.Required(0, "iterable"), depth + 1);

    public bool TryMember(string name, out object? value)
    {
        value = name switch
        {
            "index" => Index + 1L,
            "index0" => (long)Index,
            "revindex" => (long)items.Count - Index,
            "revindex0" => items.Count - Index - 1L,
            "first" => Index == 0,
            "last" => Index == items.Count - 1,
            "length" => (long)items.Count,
            "depth" => depth + 1L,
            "depth0" => (long)depth,
            "previtem" => Index > 0 ? items[Index - 1] : new Undefined("there is no previous item"),
            "nextitem" => Index + 1 < items.Count ? items[Index + 1] : new Undefined("there is no next item"),
            "cycle" => new HostFunction(name, arguments => arguments.Positional.Count > 0 ? arguments.Positional[Index % arguments.Positional.Count] : throw new TemplateException("no items for cycling given")),
            "changed" => new HostFunction(name, arguments => Changed(Sequence.Tuple(arguments.Positional))),
            _ => null,
        };
        return value is not null || name is "previtem" or "nextitem";
    }

    private bool Changed(Sequence values)
    {
        if (_hasChanging && Values.Equal(_changing, values))
            return false;
        (_changing, _hasChanging) = (values, true);
        return true;
    }
}
