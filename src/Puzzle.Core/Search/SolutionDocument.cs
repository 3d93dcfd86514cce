using Puzzle.Core.Search.Baselines;

namespace Puzzle.Core.Search;

/// <summary>One solution as it is written to files and to stdout (see <c>docs/search.md</c>).</summary>
public sealed record SolutionDocument
{
    public required SolveStatus Status { get; init; }

    /// <summary>The metric, with a minus where more is better.</summary>
    public required string ObjectiveMetric { get; init; }

    public required double Objective { get; init; }

    public required double Bound { get; init; }

    public required double RelaxationBound { get; init; }

    public required double Gap { get; init; }

    public required double Seconds { get; init; }

    /// <summary>The chosen batch of each scenario that has batches.</summary>
    public required IReadOnlyDictionary<string, int> Batches { get; init; }

    public required IReadOnlyList<LimitLine> Limits { get; init; }

    /// <summary>By how much the objective improves for one more unit of each limit's column (one more MiB, one more millisecond).</summary>
    public required IReadOnlyDictionary<string, double> ShadowPrices { get; init; }

    /// <summary>What the child costs, including what is in no layer.</summary>
    public required IReadOnlyDictionary<string, double> Costs { get; init; }

    /// <summary>The same of the parent, where the library has the parent's own blocks.</summary>
    public required IReadOnlyDictionary<string, double> ParentCosts { get; init; }

    /// <summary>One entry an item, in the order of layers.</summary>
    public required IReadOnlyList<ChoiceLine> Choice { get; init; }

    public required IReadOnlyList<BaselineLine> Baselines { get; init; }

    /// <summary>A solution as a document.</summary>
    public static SolutionDocument Of(PuzzleSolution solution, SearchQuery query, IReadOnlyDictionary<string, double> parentCosts, IReadOnlyList<BaselineResult> baselines)
    {
        var metric = LimitQuantity.Bare(query.Objective.Name);
        return new SolutionDocument
        {
            Status = solution.Status,
            ObjectiveMetric = (query.Objective.Maximise ? "-" : "") + metric,
            Objective = solution.Objective,
            Bound = solution.Bound,
            RelaxationBound = solution.RelaxationBound,
            Gap = solution.Gap,
            Seconds = solution.Seconds,
            Batches = solution.Batches,
            Limits = [.. solution.Limits.Select(use => new LimitLine(use.Limit.ToString(), use.Scenario, use.Column, use.AtLeast, use.AtMost, use.Used, use.ShadowPrice))],
            ShadowPrices = solution.Limits.GroupBy(use => use.Column).ToDictionary(uses => uses.Key, uses => uses.Sum(use => use.ShadowPrice)),
            Costs = solution.Costs,
            ParentCosts = parentCosts,
            Choice = [.. solution.Choice.Select(item => new ChoiceLine(item.FirstLayer, item.LayerCount, item.Id, item.IsParent, item.Scores.TryGetValue(metric, out var score) ? score : null))],
            Baselines = [.. baselines.Select(result => new BaselineLine(result.Baseline, result.Objective, result.Costs, result.Batches, result.Remark, [.. result.Choice.Select(item => item.Id)]))],
        };
    }
}

/// <summary>A limit and what the child makes of it.</summary>
/// <param name="Limit">As asked for.</param>
/// <param name="Scenario">The scenario it belongs to, empty for none.</param>
/// <param name="Column">The column of the library that it bounds.</param>
/// <param name="AtLeast">Lower bound on the column.</param>
/// <param name="AtMost">Upper bound on the column.</param>
/// <param name="Used">What the child costs.</param>
/// <param name="ShadowPrice">By how much the objective improves for one more unit of the column; 0 where the limit does not bind.</param>
public sealed record LimitLine(string Limit, string Scenario, string Column, double? AtLeast, double? AtMost, double Used, double ShadowPrice);

/// <summary>What one layer, or several that one item covers, becomes.</summary>
/// <param name="Layer">The first layer.</param>
/// <param name="Layers">How many.</param>
/// <param name="Id">The item.</param>
/// <param name="Parent">Whether it is the parent's own.</param>
/// <param name="Score">Its score in the objective's metric.</param>
public sealed record ChoiceLine(int Layer, int Layers, string Id, bool Parent, double? Score);

/// <summary>What another way to choose makes of the same library.</summary>
/// <param name="Baseline">Which way.</param>
/// <param name="Objective">Its sum of scores; null where it leads to nothing within the limits.</param>
/// <param name="Costs">Its costs.</param>
/// <param name="Batches">Its batches.</param>
/// <param name="Remark">Why there is none, or what to know about it.</param>
/// <param name="Choice">Its items in the order of layers.</param>
public sealed record BaselineLine(Recipes.Baseline Baseline, double? Objective, IReadOnlyDictionary<string, double> Costs, IReadOnlyDictionary<string, int> Batches, string Remark, IReadOnlyList<string> Choice);
