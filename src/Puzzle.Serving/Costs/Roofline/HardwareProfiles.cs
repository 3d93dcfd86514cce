using System.Reflection;
using Puzzle.Core.Errors;
using Puzzle.Core.Recipes;

namespace Puzzle.Serving.Costs.Roofline;

/// <summary>Profiles by the name of a file in the folder <c>hardware</c>, which the program carries with it, or by the path of a file.</summary>
public static class HardwareProfiles
{
    private const string Prefix = "hardware/";
    private const string Extension = ".yaml";

    /// <summary>The names of the profiles that come with the program.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. typeof(HardwareProfiles).Assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Select(name => name[Prefix.Length..^Extension.Length]).Order(StringComparer.Ordinal)];

    /// <summary>The text of a profile.</summary>
    /// <exception cref="RecipeException">There is no such profile.</exception>
    public static string Text(string name)
    {
        if (File.Exists(name))
            return File.ReadAllText(name);
        using var stream = typeof(HardwareProfiles).Assembly.GetManifestResourceStream(Prefix + name + Extension)
            ?? throw new RecipeException($"measure.hardware: no profile is called '{name}'{DidYouMean.Hint(name, Names)}; there are {string.Join(", ", Names)}, and any YAML file of that form");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>A profile.</summary>
    /// <exception cref="RecipeException">There is no such profile, or it is not of the form.</exception>
    public static HardwareProfile Load(string name)
    {
        var profile = RecipeReader.Parse<HardwareProfile>(Text(name), name, Directory.GetCurrentDirectory());
        if (profile.Peaks.Count == 0)
            throw new RecipeException($"{name}: peaks: needs the rate of one type at least");
        if (profile.MatrixEfficiency.Count == 0)
            throw new RecipeException($"{name}: matrix_efficiency: needs one point at least");
        if (profile.MatrixEfficiency.Zip(profile.MatrixEfficiency.Skip(1)).Any(pair => pair.First.Rows >= pair.Second.Rows))
            throw new RecipeException($"{name}: matrix_efficiency: rows must ascend");
        return profile;
    }
}
