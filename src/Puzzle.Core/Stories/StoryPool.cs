namespace Puzzle.Core.Stories;

/// <summary>The words that belong to one split alone wherever a question is asked.</summary>
/// <param name="Women">Names with she and her.</param>
/// <param name="Men">Names with he and his.</param>
/// <param name="Things">Singular objects of which a story has one each.</param>
/// <param name="Goods">Objects that are counted: singular and plural.</param>
public sealed record StoryPool(
    IReadOnlyList<string> Women,
    IReadOnlyList<string> Men,
    IReadOnlyList<string> Things,
    IReadOnlyList<(string One, string Many)> Goods);
