namespace Puzzle.Core.Search;

/// <summary>What the numbers of a <see cref="Limit"/> are measured against.</summary>
public enum LimitBasis
{
    /// <summary>The unit of the stat.</summary>
    Absolute,

    /// <summary>A factor of what the parent costs under the same scenario.</summary>
    Parent,
}
