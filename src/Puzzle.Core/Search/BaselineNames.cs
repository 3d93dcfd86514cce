using System.Text.Json;
using Puzzle.Core.Recipes;

namespace Puzzle.Core.Search;

/// <summary>What baselines are called in results and folders.</summary>
public static class BaselineNames
{
    /// <summary>As recipes write it.</summary>
    public static string Of(Baseline baseline) => JsonNamingPolicy.SnakeCaseLower.ConvertName(baseline.ToString());

    /// <summary>The folder of a healed baseline, in the folder of stage heal.</summary>
    public static string Folder(Baseline baseline) => $"baseline-{Of(baseline)}";
}
