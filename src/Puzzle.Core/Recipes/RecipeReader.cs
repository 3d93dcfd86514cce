using System.Text.Json;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Recipes;

/// <summary>Reads recipes: strict, every mistake with file, line and column and, where a word was mistyped, with the right one.</summary>
public static class RecipeReader
{
    /// <summary>Reads a recipe file (<see cref="Recipe"/> or <see cref="PretrainRecipe"/>) with settings of the form <c>key.path=value</c> laid over it.</summary>
    /// <exception cref="RecipeException">All problems, one a line.</exception>
    public static T Read<T>(string path, IEnumerable<string>? settings = null)
        where T : class =>
        Bind<T>(YamlReader.ReadFile(path), settings ?? []);

    /// <summary>The same from a text.</summary>
    /// <param name="yaml">The recipe.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="folder">What its relative paths start from.</param>
    /// <param name="settings">Settings laid over it.</param>
    /// <exception cref="RecipeException">All problems, one a line.</exception>
    public static T Parse<T>(string yaml, string name, string folder, IEnumerable<string>? settings = null)
        where T : class =>
        Bind<T>(YamlReader.Read(yaml, name, Path.GetFullPath(folder)), settings ?? []);

    private static T Bind<T>(YamlTree tree, IEnumerable<string> settings)
        where T : class
    {
        if (tree is YamlScalar { IsNull: true })
            tree = new YamlMapping(tree.At, []);
        if (tree is not YamlMapping mapping)
            throw new RecipeException($"{tree.At}: expected a recipe (key: value lines), found {tree.Kind}");
        List<string> problems = [];
        var binder = new RecipeBinder(problems);
        var json = binder.Bind(RecipeOverrides.Apply(mapping, settings), typeof(T), "", null);
        Refuse(problems);
        var recipe = json.Deserialize<T>(RecipeJson.Options)!;
        foreach (var (path, message) in RecipeChecks.Problems(recipe))
            problems.Add($"{binder.MarkOf(path)}: {path}: {message}");
        Refuse(problems);
        return recipe;
    }

    private static void Refuse(List<string> problems)
    {
        const int shown = 20;
        if (problems.Count > 0)
            throw new RecipeException(string.Join('\n', problems.Take(shown)) + (problems.Count > shown ? $"\n... and {problems.Count - shown} more" : ""));
    }
}
