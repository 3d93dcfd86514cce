using Puzzle.Core.Errors;
using Puzzle.Core.Search.Baselines;

namespace Puzzle.Core.Search.Exact;

/// <summary>Turns a problem and a query into numbers: one model for each combination of batches.</summary>
internal sealed class QueryCompiler
{
    private readonly PuzzleProblem problem;
    private readonly SearchQuery query;
    private readonly CostColumns columns;
    private readonly int[] first;
    private readonly int[] span;
    private readonly double[] value;

    public QueryCompiler(PuzzleProblem problem, SearchQuery query)
    {
        this.problem = problem;
        this.query = query;
        var scores = ObjectiveOf(problem, query.Objective);
        var choices = new List<PuzzleItem>();
        var values = new List<double>();
        for (var i = 0; i < problem.Items.Count; i++)
        {
            var item = problem.Items[i];
            if (item.FirstLayer < 0 || item.LayerCount < 1 || item.EndLayer > problem.LayerCount)
                throw new BadInputException($"{problem.Source}: {item} lies outside layers 0 to {problem.LayerCount - 1}");
            if (!double.IsFinite(scores[i]) || WhyNot(item) is not null)
                continue;
            choices.Add(item);
            values.Add(query.Objective.Maximise ? -scores[i] : scores[i]);
        }

        Items = choices;
        columns = new CostColumns(problem, choices);
        first = [.. choices.Select(item => item.FirstLayer)];
        span = [.. choices.Select(item => item.LayerCount)];
        value = [.. values];
    }

    /// <summary>The items that may be chosen.</summary>
    public IReadOnlyList<PuzzleItem> Items { get; }

    /// <summary>The row that keeps a solution near an earlier one: so many layers must be equal.</summary>
    public ModelRow StayNear(Neighbourhood near)
    {
        var chosen = near.Choice.Select(item => (item.FirstLayer, item.Id)).ToHashSet();
        return new ModelRow
        {
            Name = "layers equal to the solution to stay near",
            Coefficient = [.. Items.Select(item => chosen.Contains((item.FirstLayer, item.Id)) ? item.LayerCount : 0.0)],
            Lower = ExactDecimal.From((long)(problem.LayerCount - near.MostLayers)),
        };
    }

    /// <summary>The numbers of items, null where one of them may not be chosen.</summary>
    public int[]? IndicesOf(IReadOnlyList<PuzzleItem>? choice)
    {
        if (choice is null)
            return null;
        var wanted = new HashSet<PuzzleItem>(choice, ReferenceEqualityComparer.Instance);
        var indices = Enumerable.Range(0, Items.Count).Where(item => wanted.Contains(Items[item])).ToArray();
        return indices.Length == choice.Count ? indices : null;
    }

    /// <summary>Every combination of the scenarios' batches, in order.</summary>
    public IEnumerable<int[]> BatchCombinations()
    {
        IEnumerable<int[]> combinations = [[]];
        foreach (var scenario in query.Scenarios)
        {
            var batches = scenario.AllowedBatches;
            if (batches.Count == 0)
                throw new InfeasibleException($"scenario '{scenario.Name}': its cap of {scenario.MaxBatch} is below every batch ({string.Join(", ", scenario.Batches)})");
            combinations = combinations.SelectMany(combination => batches.Select(batch => (int[])[.. combination, batch])).ToArray();
        }

        return combinations;
    }

    /// <summary>The limits at a combination of batches.</summary>
    public IReadOnlyList<LimitRow> Limits(int[] batches)
    {
        var rows = query.Limits.Select(limit => Row(limit, null, 0)).ToList();
        for (var s = 0; s < query.Scenarios.Count; s++)
            rows.AddRange(query.Scenarios[s].Limits.Select(limit => Row(limit, query.Scenarios[s], batches[s])));
        return rows;
    }

    /// <summary>The model under limits, and further rows.</summary>
    public ChoiceModel Model(IEnumerable<LimitRow> limits, params IEnumerable<ModelRow> further) =>
        new() { LayerCount = problem.LayerCount, First = first, Span = span, Value = value, Rows = [.. limits.Select(limit => limit.Row), .. further] };

    /// <summary>The row that keeps a solution away from an earlier one: at most so many layers may be equal.</summary>
    public ModelRow DifferFrom(PuzzleSolution earlier)
    {
        var chosen = earlier.Choice.ToHashSet(ReferenceEqualityComparer.Instance);
        return new ModelRow
        {
            Name = "layers equal to an earlier solution",
            Coefficient = [.. Items.Select(item => chosen.Contains(item) ? item.LayerCount : 0.0)],
            Upper = ExactDecimal.From((long)(problem.LayerCount - query.MinDiversity)),
        };
    }

    /// <summary>The cost of a choice by every column that all its items have, what is in no layer included.</summary>
    public Dictionary<string, double> TotalCosts(IReadOnlyList<PuzzleItem> choice) => CostColumns.TotalCosts(problem, choice);

    /// <summary>The sum of a choice's scores as the query's objective counts them, exact and rounded once.</summary>
    public double Objective(IReadOnlyList<PuzzleItem> choice)
    {
        var name = LimitQuantity.Bare(query.Objective.Name);
        return choice.Aggregate(ExactDecimal.Zero, (sum, item) => sum + ExactDecimal.From(item.Scores.TryGetValue(name, out var score) ? score : item.Costs[name])).ToDouble();
    }

    /// <summary>A choice of item numbers as the result of a baseline.</summary>
    public BaselineResult Baseline(Recipes.Baseline baseline, IEnumerable<int> choice, int[] batches, string remark = "")
    {
        var items = choice.Select(item => Items[item]).OrderBy(item => item.FirstLayer).ToArray();
        return new BaselineResult(baseline, Objective(items), items, TotalCosts(items), Named(batches), remark);
    }

    /// <summary>The batch of each scenario that has batches.</summary>
    public Dictionary<string, int> Named(int[] batches) =>
        query.Scenarios.Select((scenario, s) => (scenario.Name, Batch: batches[s])).Where(entry => entry.Batch > 0).ToDictionary(entry => entry.Name, entry => entry.Batch);

    /// <summary>The objective of each item of a problem; not a number where it has none and may not be chosen.</summary>
    public static double[] ObjectiveOf(PuzzleProblem problem, Objective objective)
    {
        var name = LimitQuantity.Bare(objective.Name);
        var isScore = problem.Items.Any(item => item.Scores.ContainsKey(name));
        if (!isScore && !problem.Items.Any(item => item.Costs.ContainsKey(name)))
        {
            var known = problem.Items.SelectMany(item => item.Scores.Keys).Distinct().Order(StringComparer.Ordinal);
            throw new RecipeException($"{problem.Source} has no metric '{name}'; it has {string.Join(", ", known)}");
        }

        // An item without the score cannot be judged and is left out, like one whose score is not a number.
        return [.. problem.Items.Select(item => (isScore ? item.Scores : item.Costs).GetValueOrDefault(name, double.NaN))];
    }

    private string? WhyNot(PuzzleItem item)
    {
        for (var layer = item.FirstLayer; layer < item.EndLayer; layer++)
            if (query.Pinned.TryGetValue(layer, out var id) && !Wildcard.Matches(id, item.Id) && !(id == "parent" && item.IsParent))
                return $"layer {layer} is pinned to {id}";
        if (query.Forbidden.FirstOrDefault(rule => rule.Matches(item)) is { } forbidden)
            return $"{forbidden.Pattern} is forbidden";
        return query.ExportRules.Select(rule => rule.Refuses(item, problem.LayerCount)).FirstOrDefault(reason => reason is not null);
    }

    private LimitRow Row(Limit limit, Scenario? scenario, int batch)
    {
        foreach (var bound in new[] { limit.AtLeast, limit.AtMost })
            if (bound is { } number && !double.IsFinite(number))
                throw new RecipeException($"limit {limit}: {number} is not a finite number");
        var quantity = LimitQuantity.Of(limit.Name);
        var (name, coefficient, allNonBlock) = columns.Of(quantity.Stat, scenario, batch);
        var nonBlock = quantity.WithNonBlock ? allNonBlock : ExactDecimal.Zero;
        ExactDecimal? atLeast, atMost;
        Func<double, double> inUnits;
        if (quantity.IsRate)
        {
            var timeAtOne = MostTime(1)!.Value.ToDouble();
            inUnits = time => timeAtOne / time;

            // More tokens per second is less time: the bounds change sides.
            atMost = limit.AtLeast is { } low ? MostTime(low) : null;
            atLeast = limit.AtMost is { } high ? MostTime(high) : null;
        }
        else
        {
            var unit = limit.Basis == LimitBasis.Parent
                ? columns.Parent(quantity.Stat, scenario, batch, quantity.WithNonBlock)
                : ExactDecimal.From(quantity.PerStat) * ExactDecimal.From((long)(quantity.Kind == QuantityKind.PerOutputToken ? Needed(scenario?.OutputTokens, "output tokens") : 1));
            atLeast = limit.AtLeast is { } low ? ExactDecimal.From(low) * unit : null;
            atMost = limit.AtMost is { } high ? ExactDecimal.From(high) * unit : null;
            var one = unit.ToDouble();
            inUnits = cost => cost / one;
        }

        var row = new ModelRow { Name = limit.ToString(), Coefficient = coefficient, Lower = atLeast - nonBlock, Upper = atMost - nonBlock };
        return new LimitRow(limit, scenario?.Name ?? "", name, nonBlock, atLeast, atMost, row, inUnits);

        ExactDecimal? MostTime(double rate)
        {
            if (rate <= 0)
                return null; // every child is faster than standing still
            var tokens = Tokens(batch);
            if (limit.Basis == LimitBasis.Absolute)
                return ExactDecimal.DivideDown(ExactDecimal.From(1000L) * tokens, ExactDecimal.From(rate));

            // Parent and child run at their own best batch: rate_parent = max over batches of tokens / time.
            ExactDecimal? bestTokens = null, bestTime = null;
            foreach (var other in scenario!.AllowedBatches)
            {
                var (t, time) = (Tokens(other), columns.Parent(quantity.Stat, scenario, other, withNonBlock: true));
                if (bestTokens is null || (t * bestTime!.Value - bestTokens.Value * time).Sign > 0)
                    (bestTokens, bestTime) = (t, time);
            }

            return ExactDecimal.DivideDown(tokens * bestTime!.Value, ExactDecimal.From(rate) * bestTokens!.Value);
        }

        ExactDecimal Tokens(int batchSize)
        {
            long perSequence = Needed(scenario?.OutputTokens, "output tokens");
            if (quantity.Kind == QuantityKind.TotalThroughput)
                perSequence += scenario!.PromptTokens;
            return ExactDecimal.From(perSequence * Needed(batchSize, "a batch"));
        }

        int Needed(int? number, string what) =>
            number is > 0 ? number.Value : throw new RecipeException($"limit {limit.Name} needs {what} in its scenario{(scenario?.Name is { Length: > 0 } called ? $" '{called}'" : "")}");
    }
}
