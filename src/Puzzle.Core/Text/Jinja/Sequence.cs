namespace Puzzle.Core.Text.Jinja;

/// <summary>A list or a tuple; neither changes.</summary>
/// <param name="names">Names of a tuple's items, where they have any.</param>
internal sealed class Sequence(IReadOnlyList<object?> items, bool isTuple = false, IReadOnlyList<string>? names = null)
{
    public IReadOnlyList<object?> Items { get; } = items;

    public bool IsTuple { get; } = isTuple;

    public IReadOnlyList<string> Names { get; } = names ?? [];

    public static Sequence Tuple(params IReadOnlyList<object?> items) => new(items, isTuple: true);
}
