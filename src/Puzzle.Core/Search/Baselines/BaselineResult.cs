using Puzzle.Core.Recipes;

namespace Puzzle.Core.Search.Baselines;

/// <summary>What another way to choose makes of the same library under the same limits.</summary>
/// <param name="Baseline">Which way.</param>
/// <param name="Objective">The sum of the chosen items' scores; null where the way leads to nothing within the limits.</param>
/// <param name="Choice">The chosen items in the order of layers; empty where there are none.</param>
/// <param name="Costs">What the choice costs by column, including what is in no layer.</param>
/// <param name="Batches">The batch of each scenario that has batches.</param>
/// <param name="Remark">Why there is no choice, or what to know about it; else empty.</param>
public sealed record BaselineResult(
    Baseline Baseline,
    double? Objective,
    IReadOnlyList<PuzzleItem> Choice,
    IReadOnlyDictionary<string, double> Costs,
    IReadOnlyDictionary<string, int> Batches,
    string Remark = "")
{
    /// <summary>The way found nothing, and why.</summary>
    public static BaselineResult Nothing(Baseline baseline, string why) =>
        new(baseline, null, [], new Dictionary<string, double>(), new Dictionary<string, int>(), why);
}
