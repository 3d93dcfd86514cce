namespace Puzzle.Core.Search;

/// <summary>Why no architecture meets the limits.</summary>
/// <param name="Conflict">The smallest set of limits found that cannot be met together: leaving out any one of them makes the rest possible.</param>
/// <param name="Batches">The combination of batches the explanation is about: the one closest to being possible.</param>
/// <param name="EmptyLayers">Layers in which no item is left to choose.</param>
public sealed record Infeasibility(IReadOnlyList<LimitReach> Conflict, IReadOnlyDictionary<string, int> Batches, IReadOnlyList<int> EmptyLayers);
