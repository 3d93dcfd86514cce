using System.Globalization;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Recipes;

/// <summary>Settings of the command line, <c>distill.tokens=1M</c> or <c>target.scenarios.0.limits.speedup=2x</c>, laid over a recipe.</summary>
internal static class RecipeOverrides
{
    public static YamlMapping Apply(YamlMapping recipe, IEnumerable<string> settings)
    {
        foreach (var setting in settings)
        {
            var equals = setting.IndexOf('=', StringComparison.Ordinal);
            var keys = equals > 0 ? setting[..equals].Trim().Split('.') : [];
            if (keys.Length == 0 || keys.Any(string.IsNullOrWhiteSpace))
                throw new RecipeException($"--set {setting}: expected key=value, for example distill.tokens=1M");
            var source = $"--set {setting}";
            var value = YamlReader.Read(setting[(equals + 1)..], source, Directory.GetCurrentDirectory(), marks: false);
            if (value is YamlMapping { Entries.Count: 0 })
                value = new YamlScalar(value.At, "", Quoted: false);
            recipe = (YamlMapping)Put(recipe, keys, value);
        }

        return recipe;
    }

    private static YamlTree Put(YamlTree tree, ReadOnlySpan<string> keys, YamlTree value)
    {
        if (keys.IsEmpty)
            return value;
        var key = keys[0];
        if (tree is YamlSequence list && int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var index))
        {
            if (index >= list.Items.Count)
                throw new RecipeException($"{value.At}: there is no item {index}; the list has {list.Items.Count}, counted from 0");
            var items = list.Items.ToList();
            items[index] = Put(items[index], keys[1..], value);
            return list with { Items = items };
        }

        // A word or nothing gives way to a section; a list without an index is an error that the binder explains.
        var entries = tree is YamlMapping mapping ? mapping.Entries.ToList() : [];
        var at = entries.FindIndex(entry => entry.Key == key);
        var inner = Put(at >= 0 ? entries[at].Value : new YamlMapping(value.At, []), keys[1..], value);
        var changed = new YamlEntry(value.At, key, inner);
        if (at >= 0)
            entries[at] = changed;
        else
            entries.Add(changed);
        return new YamlMapping(tree.At, entries);
    }
}
