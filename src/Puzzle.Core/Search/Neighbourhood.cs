namespace Puzzle.Core.Search;

/// <summary>A solution to stay near: the next one may differ from it in so many layers.</summary>
/// <param name="Choice">The items of the solution, known by their layer and id.</param>
/// <param name="MostLayers">In how many layers at most.</param>
public sealed record Neighbourhood(IReadOnlyList<PuzzleItem> Choice, int MostLayers);
