using Puzzle.Core.Search.Exact;

namespace Puzzle.Core.Search;

/// <summary>Everything the search chooses from: the items of every layer and the cost of what is in no layer.</summary>
public sealed record PuzzleProblem
{
    /// <summary>Layers of the parent. Every one of them is covered by exactly one chosen item.</summary>
    public required int LayerCount { get; init; }

    /// <summary>All items of all layers.</summary>
    public required IReadOnlyList<PuzzleItem> Items { get; init; }

    /// <summary>Cost of embedding, final norm, head and workspace by stat: part of every limit. A stat that is absent costs nothing there.</summary>
    public IReadOnlyDictionary<string, double> NonBlockCosts { get; init; } = new Dictionary<string, double>();

    /// <summary>Where the numbers come from, for error messages.</summary>
    public string Source { get; init; } = "the library";

    /// <summary>What the parent costs by column, including what is in no layer; empty where its own item is not in every layer.</summary>
    public IReadOnlyDictionary<string, double> ParentCosts()
    {
        var parent = Items.Where(item => item.IsParent).DistinctBy(item => item.FirstLayer).ToArray();
        return parent.Length > 0 && parent.Sum(item => item.LayerCount) == LayerCount ? CostColumns.TotalCosts(this, parent) : new Dictionary<string, double>();
    }
}
