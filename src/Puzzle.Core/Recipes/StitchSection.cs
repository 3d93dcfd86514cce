namespace Puzzle.Core.Recipes;

/// <summary>Putting the chosen variants together.</summary>
public sealed record StitchSection
{
    /// <summary>Whether runs of layers without attention are merged into one wide layer each.</summary>
    public bool Fuse { get; init; }

    /// <summary>How the child's weights are stored. Default: as the parent's, F32 where those are quantised.</summary>
    public WeightsType? Dtype { get; init; }
}
