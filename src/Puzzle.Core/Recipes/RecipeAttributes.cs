namespace Puzzle.Core.Recipes;

/// <summary>Marks a text that names a file or folder: relative ones are resolved against the recipe's folder.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class RecipePathAttribute : Attribute
{
    /// <summary>Whether the text may be something else (a hub id, a task's name): then it is a path only where it looks like one or where the file exists.</summary>
    public bool OrName { get; init; }
}

/// <summary>A record that may be written as a single word, which is then this key of it.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ShorthandAttribute(string key) : Attribute
{
    /// <summary>The key that the word stands for.</summary>
    public string Key => key;
}
