namespace Puzzle.Core.Stitching;

/// <summary>What merging layers without attention did.</summary>
/// <param name="Runs">First and last layer of each run that became one.</param>
/// <param name="Layers">Layers before.</param>
/// <param name="FusedLayers">Layers after.</param>
/// <param name="MeanKl">Nats a token between the child and the fused one on validation text, before any training.</param>
public sealed record FusionResult(IReadOnlyList<IReadOnlyList<int>> Runs, int Layers, int FusedLayers, double MeanKl);
