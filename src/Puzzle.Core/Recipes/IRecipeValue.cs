namespace Puzzle.Core.Recipes;

/// <summary>A value of a recipe that is written as one word: <c>1.5x</c>, <c>70%</c>, <c>2M</c>.</summary>
public interface IRecipeValue<TSelf> : IParsable<TSelf>
    where TSelf : struct, IRecipeValue<TSelf>
{
    /// <summary>What a right value looks like, for error messages: "a share such as 70% or 0.7".</summary>
    static abstract string Expected { get; }

    /// <summary>The regular expression of the written form, for the schema.</summary>
    static abstract string Pattern { get; }
}
