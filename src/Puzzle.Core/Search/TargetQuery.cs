using Puzzle.Core.Errors;
using Puzzle.Core.Measurement;
using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Search;

/// <summary>Turns what a recipe asks of the child into a query of the search.</summary>
public static class TargetQuery
{
    /// <summary>The query.</summary>
    /// <param name="recipe">Sections target, solve, export and score count.</param>
    /// <param name="parent">The parent's architecture.</param>
    /// <param name="costs">Measured times.</param>
    /// <param name="parentCosts">Those that hold for the parent, where they were corrected apart: relative limits count from them, a speed-up from the best batch.</param>
    public static SearchQuery Of(Recipe recipe, ModelConfig parent, CostTable costs, CostTable? parentCosts = null)
    {
        parentCosts ??= costs;
        var solve = recipe.Solve;
        var layers = parent.Layers.Count;
        return new SearchQuery
        {
            Objective = new Objective(recipe.Score.Metric switch { ScoreMetric.LmLoss => "lm_loss", ScoreMetric.Top1 => "top_1", ScoreMetric.Task => "task", _ => "kl_div" }),
            Scenarios = [.. recipe.Target.Scenarios.Select(scenario => new Scenario
            {
                Name = scenario.Name,
                Batches = scenario.BatchesToTry(),
                MaxBatch = scenario.BatchCap,
                PromptTokens = scenario.PromptTokens,
                OutputTokens = scenario.OutputTokens,
                Limits = [.. scenario.Limits.Given().Select(term => LimitOf(term, scenario, parent, costs, parentCosts))],
            })],
            Pinned = Pinned(recipe, parent),
            Forbidden = [.. Forbidden(recipe, parent)],
            ExportRules = ExportTargets.Rules(recipe.Export),
            Homogeneous = solve.Homogeneous,
            SolutionCount = solve.Solutions,
            MinDiversity = Math.Max(1, (int)Math.Ceiling(solve.Diversity * layers - 1e-9)),
            Gap = solve.Gap,
            MaxSeconds = solve.Seconds,
        };
    }

    /// <summary>Generated tokens per second that the costs predict, at the best batch of a scenario.</summary>
    public static (int Batch, double TokensPerSecond) Best(Recipes.Scenario scenario, IReadOnlyList<LayerSpec> layers, CostTable costs) =>
        scenario.BatchesToTry().Select(batch => (batch, 1000.0 * batch * scenario.OutputTokens / costs.Of(new Workload(batch, scenario.PromptTokens, scenario.OutputTokens)).PredictMs(layers))).MaxBy(pair => pair.Item2);

    private static Limit LimitOf(LimitTerm term, Recipes.Scenario scenario, ModelConfig parent, CostTable costs, CostTable parentCosts)
    {
        var (name, unit) = term.Quantity switch
        {
            Recipes.LimitQuantity.Throughput => ("throughput", 1.0),
            Recipes.LimitQuantity.TotalThroughput => ("total_throughput", 1.0),
            Recipes.LimitQuantity.LatencyMs => ("runtime", 1.0),
            Recipes.LimitQuantity.TtftMs => ("ttft", 1.0),
            Recipes.LimitQuantity.TpotMs => ("tpot", 1.0),
            Recipes.LimitQuantity.MemoryGib => ("memory", 1024.0),
            Recipes.LimitQuantity.WeightsGib => ("weights", 1024.0),
            Recipes.LimitQuantity.KvGib => ("kv_cache", 1024.0),
            Recipes.LimitQuantity.Params => ("block_params", 1.0),
            Recipes.LimitQuantity.KvHeads => ("kv_heads", 1.0),
            _ => ("attention_layers", 1.0),
        };
        var (value, basis) = term.Amount.Relative ? (term.Amount.Value, LimitBasis.Parent) : (term.Amount.Value * unit, LimitBasis.Absolute);
        // A speed-up compares the best batch of the child with the best batch of the parent, not batch by batch.
        if (term.Amount.Relative && term.Quantity is Recipes.LimitQuantity.Throughput or Recipes.LimitQuantity.TotalThroughput)
        {
            var best = Best(scenario, parent.Layers, parentCosts).TokensPerSecond;
            var all = term.Quantity == Recipes.LimitQuantity.TotalThroughput ? (double)(scenario.PromptTokens + scenario.OutputTokens) / scenario.OutputTokens : 1;
            (value, basis) = (term.Amount.Value * best * all, LimitBasis.Absolute);
        }

        // The search counts from the parent by the child's costs; what was corrected apart is put right here.
        if (term.Amount.Relative && !ReferenceEquals(costs, parentCosts) && (term.Quantity is Recipes.LimitQuantity.LatencyMs or Recipes.LimitQuantity.TtftMs or Recipes.LimitQuantity.TpotMs))
            value *= TimeOf(term.Quantity, scenario, parent, parentCosts) / TimeOf(term.Quantity, scenario, parent, costs);

        return term.Side == LimitSide.AtLeast ? Limit.Min(name, value, basis) : Limit.Max(name, value, basis);
    }

    private static double TimeOf(Recipes.LimitQuantity quantity, Recipes.Scenario scenario, ModelConfig parent, CostTable costs)
    {
        var workload = new Workload(Best(scenario, parent.Layers, costs).Batch, scenario.PromptTokens, scenario.OutputTokens);
        var cost = costs.Of(workload).Of(parent.Layers);
        return quantity switch { Recipes.LimitQuantity.TtftMs => cost.PrefillMs, Recipes.LimitQuantity.TpotMs => cost.DecodeMs, _ => cost.TotalMs(workload) };
    }

    private static IEnumerable<ForbiddenVariant> Forbidden(Recipe recipe, ModelConfig parent)
    {
        foreach (var ban in recipe.Solve.Forbid)
        {
            foreach (var (first, last) in ban.Layers is { } layers ? layers.Select(layer => (layer, (int?)layer)) : [(0, null)])
            {
                foreach (var spec in Parse(recipe, parent, SubblockKind.Attention, ban.Attention.Select(choice => choice.Word)))
                    yield return new ForbiddenVariant($"{spec.Id} + *", first, last);
                foreach (var spec in Parse(recipe, parent, SubblockKind.FeedForward, ban.Ffn.Select(choice => choice.Word)))
                    yield return new ForbiddenVariant($"* + {spec.Id}", first, last);
            }
        }
    }

    // A side that a pin leaves out stays free.
    private static Dictionary<int, string> Pinned(Recipe recipe, ModelConfig parent)
    {
        var pinned = recipe.Variants.PinnedLayers.Where(layer => layer < parent.Layers.Count).Distinct().ToDictionary(layer => layer, _ => "parent");
        var seen = new HashSet<int>();
        foreach (var pin in recipe.Solve.Pins)
        {
            if (pin.Layer >= parent.Layers.Count)
                throw new RecipeException($"solve.pins: layer {pin.Layer}; the parent has layers 0 to {parent.Layers.Count - 1}");
            if (!seen.Add(pin.Layer))
                throw new RecipeException($"solve.pins: layer {pin.Layer} is pinned twice; give both of its sides in one entry");
            var attention = pin.Attention is { } a ? Parse(recipe, parent, SubblockKind.Attention, [a.Word])[0].Id : "*";
            var feedForward = pin.Ffn is { } f ? Parse(recipe, parent, SubblockKind.FeedForward, [f.Word])[0].Id : "*";
            pinned[pin.Layer] = $"{attention} + {feedForward}";
        }

        return pinned;
    }

    private static IReadOnlyList<SubblockSpec> Parse(Recipe recipe, ModelConfig parent, SubblockKind kind, IEnumerable<string> words) =>
        VariantCatalogue.Parse(kind, words, parent, Math.Max(ExportTargets.WidthMultiple(recipe.Export.Targets), recipe.Variants.MultipleOf(parent)));
}
