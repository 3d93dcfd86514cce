namespace Puzzle.Core.Search;

/// <summary>
/// Variants that must not be chosen, by a pattern of their id in which <c>*</c> stands for anything, and optionally only in some layers.
/// </summary>
/// <param name="Pattern">For example <c>*attn_no_op*</c>.</param>
/// <param name="FirstLayer">First layer that the rule is about.</param>
/// <param name="LastLayer">Last layer that the rule is about; null: to the end.</param>
public sealed record ForbiddenVariant(string Pattern, int FirstLayer = 0, int? LastLayer = null)
{
    /// <summary>Whether the rule is about the item.</summary>
    public bool Matches(PuzzleItem item) =>
        item.EndLayer > FirstLayer && item.FirstLayer <= (LastLayer ?? int.MaxValue) && Wildcard.Matches(Pattern, item.Id);
}
