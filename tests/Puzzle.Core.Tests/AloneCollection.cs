namespace Puzzle.Core.Tests;

/// <summary>Tests that look at the whole process: they run when no other does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}
