using Puzzle.Core.Errors;

namespace Puzzle.Core.Search.Exact;

/// <summary>Looks up the columns of a library by stat, scenario and batch.</summary>
internal sealed class CostColumns
{
    private readonly PuzzleProblem problem;
    private readonly IReadOnlyList<PuzzleItem> choices;
    private readonly HashSet<string> known;
    private readonly PuzzleItem[] parent;

    public CostColumns(PuzzleProblem problem, IReadOnlyList<PuzzleItem> choices)
    {
        this.problem = problem;
        this.choices = choices;
        known = [.. problem.Items.SelectMany(item => item.Costs.Keys)];
        parent = [.. problem.Items.Where(item => item.IsParent).DistinctBy(item => item.FirstLayer)];
    }

    /// <summary>The column for a stat: its name, the coefficient of each choice, and the cost outside the layers.</summary>
    public (string Name, double[] Coefficient, ExactDecimal NonBlock) Of(string stat, Scenario? scenario, int batch)
    {
        var name = NameOf(stat, scenario, batch);
        return (name, [.. choices.Select(item => Cost(item, name))], NonBlock(stat, scenario, batch));
    }

    /// <summary>What the parent costs, all cost included.</summary>
    public ExactDecimal Parent(string stat, Scenario? scenario, int batch, bool withNonBlock)
    {
        if (parent.Sum(item => item.LayerCount) != problem.LayerCount)
            throw new BadInputException($"{problem.Source}: a limit against the parent needs the parent's own item in each of the {problem.LayerCount} layers; {parent.Length} are marked");
        var name = NameOf(stat, scenario, batch);
        var start = withNonBlock ? NonBlock(stat, scenario, batch) : ExactDecimal.Zero;
        return parent.Aggregate(start, (sum, item) => sum + ExactDecimal.From(Cost(item, name)));
    }

    private string NameOf(string stat, Scenario? scenario, int batch)
    {
        var names = (scenario?.ColumnNames(stat, batch) ?? [stat]).ToArray();
        return Array.Find(names, known.Contains)
            ?? throw new RecipeException($"{problem.Source} has no stat '{names[0]}'{(names.Length > 1 ? $" (nor {string.Join(", ", names[1..])})" : "")}; "
                + $"it has {string.Join(", ", known.Order(StringComparer.Ordinal).Take(30))}; friendly names are {string.Join(", ", LimitQuantity.Friendly.Select(quantity => quantity.Name))}");
    }

    /// <summary>The cost of a choice by every column that all its items have, what is in no layer included.</summary>
    public static Dictionary<string, double> TotalCosts(PuzzleProblem problem, IReadOnlyList<PuzzleItem> choice)
    {
        var costs = new Dictionary<string, double>();
        foreach (var column in choice[0].Costs.Keys)
        {
            if (!choice.All(item => item.Costs.TryGetValue(column, out var cost) && double.IsFinite(cost)))
                continue;
            if (NonBlock(problem, column) is { } nonBlock)
                costs[column] = choice.Aggregate(nonBlock, (sum, item) => sum + ExactDecimal.From(item.Costs[column])).ToDouble();
        }

        return costs;
    }

    /// <summary>What a column costs outside the layers: under its own name, or a less specific one. Null where that is no finite number.</summary>
    public static ExactDecimal? NonBlock(PuzzleProblem problem, string column)
    {
        var (stat, at) = column.Split('@', 2) is [var bare, var suffix] ? (bare, suffix) : (column, "");
        var split = at.LastIndexOf(".b", StringComparison.Ordinal);
        string[] names = split < 0 ? [column, stat] : [column, $"{stat}@{at[..split]}", $"{stat}@{at[(split + 1)..]}", stat];
        foreach (var name in names)
            if (problem.NonBlockCosts.TryGetValue(name, out var cost))
                return double.IsFinite(cost) ? ExactDecimal.From(cost) : null;
        return ExactDecimal.Zero;
    }

    private ExactDecimal NonBlock(string stat, Scenario? scenario, int batch)
    {
        foreach (var name in scenario?.ColumnNames(stat, batch) ?? [stat])
            if (problem.NonBlockCosts.TryGetValue(name, out var cost))
                return double.IsFinite(cost) ? ExactDecimal.From(cost) : throw new BadInputException($"{problem.Source}: cost outside the layers, {name} = {cost}: must be a finite number");
        return ExactDecimal.Zero;
    }

    private double Cost(PuzzleItem item, string name)
    {
        if (!item.Costs.TryGetValue(name, out var cost))
            throw new BadInputException($"{problem.Source}: {item} has no {name}, which a limit needs");
        return double.IsFinite(cost) ? cost : throw new BadInputException($"{problem.Source}: {item} has {name} = {cost}: must be a finite number");
    }
}
