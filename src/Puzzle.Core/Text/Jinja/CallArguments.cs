namespace Puzzle.Core.Text.Jinja;

/// <summary>The arguments of one call, read by place or name.</summary>
internal sealed class CallArguments(IReadOnlyList<object?> positional, IReadOnlyDictionary<string, object?> named)
{
    public IReadOnlyList<object?> Positional { get; } = positional;

    public IReadOnlyDictionary<string, object?> Named { get; } = named;

    public object? Optional(int place, string name, object? fallback = null) =>
        place < Positional.Count ? Positional[place] : Named.TryGetValue(name, out var value) ? value : fallback;

    public object? Required(int place, string name) =>
        place < Positional.Count || Named.ContainsKey(name) ? Optional(place, name) : throw new TemplateException($"missing a required argument: '{name}'");

    public string Text(int place, string name) => Required(place, name) is string text ? text : throw Wrong(name, "str", Required(place, name));

    public string? OptionalText(int place, string name, string? fallback = null) => Optional(place, name, fallback) switch
    {
        null => null,
        string text => text,
        var other => throw Wrong(name, "str", other),
    };

    public int Integer(int place, string name, int? fallback = null)
    {
        var value = fallback is null ? Required(place, name) : Optional(place, name, (long)fallback);
        return PythonNumbers.AsIndex(value) is { } integer ? (int)Math.Clamp(integer, int.MinValue, int.MaxValue) : throw Wrong(name, "int", value);
    }

    public bool Flag(int place, string name, bool fallback = false) => Optional(place, name, fallback) is bool flag ? flag : Values.Truth(Optional(place, name), strict: false);

    /// <summary>Refuses more arguments than a function has.</summary>
    public void AtMost(int count, string function)
    {
        if (Positional.Count + Named.Count > count)
            throw new TemplateException($"{function} takes at most {count} arguments ({Positional.Count + Named.Count} given)");
    }

    /// <summary>The arguments behind the first ones, the named kept.</summary>
    public CallArguments Behind(int count) => new([.. Positional.Skip(count)], Named);

    private static TemplateException Wrong(string name, string wanted, object? value) => new($"argument '{name}' must be {wanted}, not {Values.TypeName(value)}");
}
