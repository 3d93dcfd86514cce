namespace Puzzle.Core.Stories;

/// <summary>Which part of the stories: names, objects and story forms of the questions are disjoint between the three.</summary>
public enum StorySplit
{
    Train,
    Validation,
    Test,
}
