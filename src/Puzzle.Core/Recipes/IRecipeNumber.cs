namespace Puzzle.Core.Recipes;

/// <summary>A value that ranges can be checked on.</summary>
public interface IRecipeNumber
{
    /// <summary>The number behind the word.</summary>
    double Number { get; }
}
