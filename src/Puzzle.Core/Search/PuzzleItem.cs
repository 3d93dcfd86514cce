using Puzzle.Core.Variants;

namespace Puzzle.Core.Search;

/// <summary>
/// One thing that may stand in for one layer of the parent, or for several consecutive ones: what it does to quality
/// and what it costs. Scores and costs of the chosen items are summed.
/// </summary>
public sealed record PuzzleItem
{
    /// <summary>The first layer of the parent that the item covers, from 0.</summary>
    public required int FirstLayer { get; init; }

    /// <summary>How many consecutive layers of the parent the item covers.</summary>
    public int LayerCount { get; init; } = 1;

    /// <summary>The name of the variant, for example <c>gqa_4 + ffn_768</c>. The same variant has the same name in every layer.</summary>
    public required string Id { get; init; }

    /// <summary>What the layers of the child are; null where the library's author did not say. Rules of an export target need it.</summary>
    public IReadOnlyList<LayerSpec>? Layers { get; init; }

    /// <summary>Whether the item is the parent's own layer.</summary>
    public bool IsParent { get; init; }

    /// <summary>What replacing the layers by the item alone does to each metric, for example <c>kl_div</c>.</summary>
    public required IReadOnlyDictionary<string, double> Scores { get; init; }

    /// <summary>Costs by stat. A stat that depends on scenario or batch carries a suffix, see <see cref="Scenario"/>.</summary>
    public required IReadOnlyDictionary<string, double> Costs { get; init; }

    /// <summary>The layer after the last one that the item covers.</summary>
    public int EndLayer => FirstLayer + LayerCount;

    /// <inheritdoc/>
    public override string ToString() => LayerCount == 1 ? $"layer {FirstLayer}: {Id}" : $"layers {FirstLayer}-{EndLayer - 1}: {Id}";
}
