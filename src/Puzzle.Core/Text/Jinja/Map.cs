namespace Puzzle.Core.Text.Jinja;

/// <summary>A dictionary in the order of insertion, with Python's idea of equal keys.</summary>
internal sealed class Map
{
    private readonly OrderedDictionary<Key, object?> _entries = [];

    public int Count => _entries.Count;

    public IEnumerable<object?> Keys => _entries.Keys.Select(key => key.Value);

    public IEnumerable<object?> Values => _entries.Values;

    public IEnumerable<(object? Key, object? Value)> Entries => _entries.Select(entry => (entry.Key.Value, entry.Value));

    public void Set(object? key, object? value)
    {
        if (key is Sequence { IsTuple: false } or Map or Namespace)
            throw new TemplateException($"unhashable type: '{Jinja.Values.TypeName(key)}'");
        _entries[new(key)] = value;
    }

    public bool TryGet(object? key, out object? value) => _entries.TryGetValue(new(key), out value);

    private readonly struct Key(object? value) : IEquatable<Key>
    {
        public object? Value { get; } = value;

        public bool Equals(Key other) => Jinja.Values.Equal(Value, other.Value);

        public override bool Equals(object? obj) => obj is Key other && Equals(other);

        public override int GetHashCode() => Value switch
        {
            string text => text.GetHashCode(StringComparison.Ordinal),
            null => 0,
            Sequence tuple => tuple.Items.Count,
            var value => PythonNumbers.Is(value) ? PythonNumbers.ToDouble(value).GetHashCode() : value.GetHashCode(),
        };
    }
}
