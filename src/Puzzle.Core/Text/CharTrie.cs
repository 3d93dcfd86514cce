namespace Puzzle.Core.Text;

/// <summary>A prefix tree over UTF-16 units; node 0 is the root.</summary>
internal sealed class CharTrie
{
    private readonly Dictionary<(int Node, char Next), int> edges = [];
    private readonly List<int> _values = [-1];

    /// <summary>Adds a text that is not empty; the first value of a text stays.</summary>
    public void Add(string text, int value)
    {
        var node = 0;
        foreach (var c in text)
        {
            if (!edges.TryGetValue((node, c), out var next))
            {
                edges[(node, c)] = next = _values.Count;
                _values.Add(-1);
            }

            node = next;
        }

        if (_values[node] < 0)
            _values[node] = value;
    }

    /// <summary>The node behind an edge, or -1.</summary>
    public int Next(int node, char c) => edges.GetValueOrDefault((node, c), -1);

    /// <summary>The value of the text that ends at a node, or -1.</summary>
    public int Value(int node) => _values[node];

    /// <summary>The longest text that starts at a position: its value and end, or (-1, start).</summary>
    public (int Value, int End) Longest(ReadOnlySpan<char> text, int start)
    {
        var longest = (-1, start);
        for (int node = 0, at = start; at < text.Length && (node = Next(node, text[at])) > 0; at++)
        {
            if (_values[node] >= 0)
                longest = (_values[node], at + 1);
        }

        return longest;
    }
}
