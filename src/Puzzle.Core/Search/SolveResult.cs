using Puzzle.Core.Measurement;
using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Search.Baselines;
using Puzzle.Core.Search.Rounds;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Search;

/// <summary>What stage solve leaves: the solutions, best first, and other ways to choose under the same limits.</summary>
public sealed record SolveResult
{
    /// <summary>The best solution and those different enough from it.</summary>
    public required IReadOnlyList<SolvedArchitecture> Solutions { get; init; }

    /// <summary>The parent by the same cost model.</summary>
    public required SolvedArchitecture Parent { get; init; }

    /// <summary>The best score at other speeds, in the first scenario and without other limits.</summary>
    public IReadOnlyList<FrontPoint> Sweep { get; init; } = [];

    /// <summary>Solutions that were put together and measured, where the recipe asks for rounds or a trajectory.</summary>
    public IReadOnlyList<RoundRecord> Rounds { get; init; } = [];

    /// <summary>Baselines under the same limits.</summary>
    public IReadOnlyList<SolvedArchitecture> Baselines { get; init; } = [];
}

/// <summary>A point of the front that the solver offers.</summary>
/// <param name="TokensPerSecond">Generated tokens per second, predicted.</param>
/// <param name="Objective">Sum of scores.</param>
public sealed record FrontPoint(double TokensPerSecond, double Objective);

/// <summary>An architecture and what the tables say of it.</summary>
public sealed record SolvedArchitecture
{
    /// <summary>Who chose it: solver, greedy, ...</summary>
    public required string Name { get; init; }

    /// <summary>What every layer becomes; empty where nothing met the limits.</summary>
    public required IReadOnlyList<LayerSpec> Layers { get; init; }

    /// <summary>Sum of scores.</summary>
    public double Objective { get; init; }

    /// <summary>No architecture within the limits is better than this.</summary>
    public double Bound { get; init; }

    /// <summary>Relative gap between the two.</summary>
    public double Gap { get; init; }

    /// <summary>Whether the solver proved it.</summary>
    public bool Proven { get; init; }

    /// <summary>Seconds of search.</summary>
    public double Seconds { get; init; }

    /// <summary>Predictions for each scenario.</summary>
    public IReadOnlyList<ScenarioPrediction> Predictions { get; init; } = [];

    /// <summary>The limits, what is used of each, and what more would buy.</summary>
    public IReadOnlyList<LimitUse> Limits { get; init; } = [];

    /// <summary>Why there is no architecture, or what to know about it; else empty.</summary>
    public string Remark { get; init; } = "";

    /// <summary>Parameters of the layers.</summary>
    public long BlockParams { get; init; }

    /// <summary>Of a solution of the search.</summary>
    public static SolvedArchitecture Of(string name, PuzzleSolution solution, Recipe recipe, ModelConfig parent, CostTable costs, MemoryModel memory) =>
        Describe(name, [.. solution.Choice.SelectMany(item => item.Layers!)], recipe, parent, costs, memory) with
        {
            Objective = solution.Objective,
            Bound = solution.Bound,
            Gap = solution.Gap,
            Proven = solution.Status == SolveStatus.Optimal,
            Seconds = solution.Seconds,
            Limits = solution.Limits,
        };

    /// <summary>Of another way to choose.</summary>
    public static SolvedArchitecture Of(BaselineResult baseline, Recipe recipe, ModelConfig parent, CostTable costs, MemoryModel memory) =>
        baseline.Objective is { } objective
            ? Describe(BaselineSearch.NameOf(baseline.Baseline), [.. baseline.Choice.SelectMany(item => item.Layers!)], recipe, parent, costs, memory) with { Objective = objective, Remark = baseline.Remark }
            : new SolvedArchitecture { Name = BaselineSearch.NameOf(baseline.Baseline), Layers = [], Remark = baseline.Remark };

    /// <summary>The parent itself.</summary>
    public static SolvedArchitecture OfParent(Recipe recipe, ModelConfig parent, CostTable costs, MemoryModel memory) =>
        Describe("parent", parent.Layers, recipe, parent, costs, memory);

    /// <summary>Any architecture.</summary>
    public static SolvedArchitecture Describe(string name, IReadOnlyList<LayerSpec> layers, Recipe recipe, ModelConfig parent, CostTable costs, MemoryModel memory)
    {
        var config = parent with { Layers = layers };
        return new SolvedArchitecture
        {
            Name = name,
            Layers = layers,
            BlockParams = VariantCatalogue.BlockParameters(config),
            Predictions = [.. recipe.Target.Scenarios.Select(scenario => ScenarioPrediction.Of(scenario, config, costs, memory))],
        };
    }
}

/// <summary>What the cost model says of an architecture in a scenario, at its best batch.</summary>
/// <param name="Scenario">The scenario's name.</param>
/// <param name="Batch">The batch with the most generated tokens per second.</param>
/// <param name="TokensPerSecond">Generated tokens per second.</param>
/// <param name="PrefillMs">Time to first token.</param>
/// <param name="DecodeMs">Time for each further token of the whole batch.</param>
/// <param name="WeightsMib">Weights.</param>
/// <param name="KvMib">Keys and values at that batch.</param>
/// <param name="MemoryMib">Both, and workspace.</param>
public sealed record ScenarioPrediction(string Scenario, int Batch, double TokensPerSecond, double PrefillMs, double DecodeMs, double WeightsMib, double KvMib, double MemoryMib)
{
    private const double Mib = 1024.0 * 1024;

    /// <summary>Predicts.</summary>
    public static ScenarioPrediction Of(Recipes.Scenario scenario, ModelConfig config, CostTable costs, MemoryModel memory)
    {
        var (batch, speed) = TargetQuery.Best(scenario, config.Layers, costs);
        var workload = new Workload(batch, scenario.PromptTokens, scenario.OutputTokens);
        var predicted = costs.Of(workload).Of(config.Layers);
        var (weights, kv) = (memory.AllWeightBytes(config) / Mib, memory.AllKvBytes(config, workload) / Mib);
        return new(
            scenario.Name, batch, speed, predicted.PrefillMs, predicted.DecodeMs,
            weights, kv, weights + kv + MemoryModel.WorkspaceBytes(config, workload) / Mib);
    }
}
