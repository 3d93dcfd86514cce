using Puzzle.Core.Recipes;

namespace Puzzle.Benchmarks.Studies;

/// <summary>A row of a study's tables.</summary>
/// <param name="Target">The target that it was made for; empty for the parent.</param>
/// <param name="Kind">parent, child, or the name of another way to prune.</param>
/// <param name="Weights">How its weights are stored; null: as trained.</param>
internal sealed record StudyRow(string Target, string Kind, ServedType? Weights)
{
    /// <summary>For tables.</summary>
    public string Name => string.Join(' ', new[] { Target, Kind switch { "homogeneous" => "uniform width", "depth" => "uniform depth", var other => other }, Weights?.ToString().ToUpperInvariant() ?? "" }.Where(part => part.Length > 0));

    /// <summary>For metrics.</summary>
    public string Key => Name.ToLowerInvariant().Replace(' ', '_');
}
