using System.Text.Json;
using Puzzle.Core.Evaluation;
using Puzzle.Core.Measurement;
using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;
using Puzzle.Core.Search;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Reports;

/// <summary>The numbers of a run in its first scenario: predicted by the solver, measured by the evaluation.</summary>
/// <param name="costs">The costs that the solver was given; null where they are not there any more.</param>
internal sealed class RunFigures(RunContext run, SolveResult solved, ChildEvaluation? evaluation, CostTable? costs)
{
    private const string TorchName = "torch";
    private const double Mib = 1024.0 * 1024;
    private readonly Recipes.Scenario _scenario = run.Recipe.Target.Scenarios[0];
    private readonly SolvedArchitecture _solution = solved.Solutions[0];
    private readonly MemoryModel _memory = new(run.Recipe.Measure.Weights, run.Recipe.Measure.Cache);

    // The engine that the limits speak of: the one that the costs come from, where it was timed.
    private readonly string _engine = evaluation?.Speeds.Any(speed => speed.Engine == costs?.Engine) == true ? costs!.Engine : TorchName;

    private ModelConfig ChildConfig => run.Parent.Config with { Layers = _solution.Layers };

    private SpeedComparison? Torch => Speed(TorchName);

    private SpeedComparison? Main => Speed(_engine);

    // Times of other hardware, or of another engine, are not held against what was measured here.
    private bool Elsewhere => costs is not null && Main is { Hardware.Length: > 0 } timed && (timed.Engine != costs.Engine || timed.Hardware != costs.Hardware);

    public ReportHeadline Headline()
    {
        var (parent, child) = (solved.Parent.Predictions[0], _solution.Predictions[0]);
        return new ReportHeadline
        {
            Speedup = Main?.Speedup,
            Speedups = Engines().ToDictionary(engine => engine, engine => Speed(engine)?.Speedup),
            SpeedupPredicted = child.TokensPerSecond / parent.TokensPerSecond,
            Recovery = evaluation?.Recovery,
            RecoveryLow = evaluation?.RecoveryLow,
            RecoveryHigh = evaluation?.RecoveryHigh,
            RecoveryAboveChance = evaluation?.RecoveryAboveChance,
            MemoryRatio = MemoryMib(_solution.Layers) / MemoryMib(run.Parent.Config.Layers),
            ParamsRatio = (double)_solution.BlockParams / solved.Parent.BlockParams,
            Seconds = RunStages.Of(run).Sum(stage => stage.Seconds),
            Scenario = $"{_scenario.Name}: {_scenario.PromptTokens} in, {_scenario.OutputTokens} out, batch up to {_scenario.BatchCap}",
            Missed = Missed(),
        };
    }

    public ModelStats Parent() => Stats(run.Parent.Config, Main?.Parent, task => task.Parent, evaluation?.Text?.ParentLoss);

    public ModelStats Child() => Stats(ChildConfig, Main?.Child, task => task.Child, evaluation?.Text?.ChildLoss);

    public IReadOnlyList<CostComparison> Costs()
    {
        var rows = new List<CostComparison>();
        for (var i = 0; i < run.Recipe.Target.Scenarios.Count; i++)
        {
            var name = run.Recipe.Target.Scenarios[i].Name;
            var speed = Elsewhere ? null : evaluation?.Speeds.FirstOrDefault(speed => speed.Engine == _engine && speed.Scenario == name);
            foreach (var (who, predicted, measured) in new[] { ("parent", solved.Parent.Predictions[i], speed?.Parent), ("child", _solution.Predictions[i], speed?.Child) })
            {
                rows.Add(new CostComparison($"{who}, {name}: generated tokens/s", predicted.TokensPerSecond, measured?.TokensPerSecond, "tokens/s"));
                rows.Add(new CostComparison($"{who}, {name}: time to first token", predicted.PrefillMs, measured is not null && measured.Workload.Batch == predicted.Batch ? measured.FirstTokenMs : null, "ms"));
                rows.Add(new CostComparison($"{who}, {name}: time per token", predicted.DecodeMs, measured is not null && measured.Workload.Batch == predicted.Batch ? measured.PerTokenMs : null, "ms"));
            }
        }

        // Baselines are timed on this engine alone.
        foreach (var baseline in Elsewhere || _engine != TorchName ? [] : evaluation?.Baselines ?? [])
        {
            if (Solved(baseline.Name) is not { } solution)
                continue;
            foreach (var (speed, prediction) in baseline.Speeds.Join(solution.Predictions, speed => speed.Scenario, prediction => prediction.Scenario, (speed, prediction) => (speed, prediction)))
                rows.Add(new CostComparison($"{baseline.Name}, {speed.Scenario}: generated tokens/s", prediction.TokensPerSecond, speed.Child.TokensPerSecond, "tokens/s"));
        }

        return rows;
    }

    /// <summary>Every engine and scenario that was timed.</summary>
    public IReadOnlyList<SpeedRow>? Speeds() => evaluation is null ? null :
        [.. evaluation.Speeds.Select(speed => new SpeedRow(speed.Engine, speed.Scenario, speed.Parent.TokensPerSecond, speed.Child.TokensPerSecond, speed.Parent.Workload.Batch, speed.Child.Workload.Batch))];

    /// <summary>By recovery at measured speed where baselines were healed and evaluated; else by what the solver predicts.</summary>
    public ParetoFront Pareto() => evaluation is { Baselines.Count: > 0, Recovery: not null } && Torch is not null ? Measured() : Predicted();

    private ParetoFront Measured()
    {
        var points = new List<ParetoPoint>
        {
            new("parent", ParetoKind.Parent, 1, Torch!.Parent.TokensPerSecond, MemoryMib(run.Parent.Config.Layers), solved.Parent.BlockParams),
            new("child", ParetoKind.Child, evaluation!.Recovery!.Value, Torch.Child.TokensPerSecond, MemoryMib(_solution.Layers), _solution.BlockParams),
        };
        foreach (var baseline in evaluation.Baselines)
        {
            if (baseline.Recovery is { } recovery && baseline.Speeds.FirstOrDefault(speed => speed.Scenario == _scenario.Name) is { } speed)
                points.Add(new(baseline.Name, ParetoKind.Baseline, recovery, Torch.Parent.TokensPerSecond * speed.Speedup, Solved(baseline.Name) is { } of ? MemoryMib(of.Layers) : null, baseline.BlockParams));
        }

        return new ParetoFront { QualityName = "recovery, healed with the same tokens", Points = points, Sweep = Sweep(), SweepQualityName = Predicted().QualityName, SweepPoints = Predicted().Points };
    }

    private SolvedArchitecture? Solved(string baseline) => solved.Baselines.FirstOrDefault(found => found.Name == baseline && found.Layers.Count > 0);

    private List<ParetoPoint> Sweep() => [.. solved.Sweep.Select(point => new ParetoPoint("sweep", ParetoKind.Baseline, point.Objective, point.TokensPerSecond))];

    private ParetoFront Predicted()
    {
        var points = new List<ParetoPoint> { Point(solved.Parent, ParetoKind.Parent, "parent"), Point(_solution, ParetoKind.Child, "child") };
        points.AddRange(solved.Baselines.Where(baseline => baseline.Layers.Count > 0).Select(baseline => Point(baseline, ParetoKind.Baseline, baseline.Name)));
        return new ParetoFront { QualityName = "sum of scores (predicted KL)", LowerIsBetter = true, Points = points, Sweep = Sweep() };
    }

    public IReadOnlyList<string> Notes()
    {
        var notes = new List<string> { _solution.Proven ? $"The solver proved its choice optimal: score {_solution.Objective:G5}, bound {_solution.Bound:G5}, gap {_solution.Gap:G3}." : $"The solver stopped at gap {_solution.Gap:G3}." };
        if (Torch is { } torch && torch.Parent.Workload.Batch != torch.Child.Workload.Batch)
            notes.Add($"Times to the first token and per token are of each one's best batch: {torch.Parent.Workload.Batch} for the parent, {torch.Child.Workload.Batch} for the child.");
        if (Torch is { } timed && evaluation is { Baselines.Count: > 0, Recovery: not null })
            notes.Add($"Other children's tokens/s are their own measured speed-up times the parent's {timed.Parent.TokensPerSecond:N0}, since each was timed in turns with the parent.");
        foreach (var round in solved.Rounds)
            notes.Add($"Round {round.Round} ({round.Way}): predicted {round.Predicted:G4}, measured {round.True:G4} +- {round.TrueError:G2}, {round.Changed} layers changed{(round.Best ? "; the best so far" : "")}.");
        foreach (var baseline in solved.Baselines.Where(baseline => baseline.Layers.Count == 0))
            notes.Add($"{baseline.Name}: nothing of this kind meets the limits.");
        if (Elsewhere)
            notes.Add($"The costs are those of {costs!.Hardware} ({costs.Engine}): whether the limits hold there was not measured here ({Main!.Hardware}, {Main.Engine}).");
        foreach (var (engine, reason) in evaluation?.NotTimed ?? new Dictionary<string, string>())
            notes.Add($"{engine} was not timed: {reason}.");
        return notes;
    }

    private ParetoPoint Point(SolvedArchitecture architecture, ParetoKind kind, string name) =>
        new(name, kind, architecture.Objective, architecture.Predictions[0].TokensPerSecond, MemoryMib(architecture.Layers), architecture.BlockParams);

    private ModelStats Stats(ModelConfig config, GenerationTime? time, Func<TaskComparison, double> accuracy, double? loss) => new()
    {
        Params = VariantCatalogue.Parameters(config),
        BlockParams = VariantCatalogue.BlockParameters(config),
        WeightsMib = _memory.AllWeightBytes(config) / Mib,
        KvMib = KvMib(config),
        TokensPerS = time?.TokensPerSecond,
        TtftMs = time?.FirstTokenMs,
        TpotMs = time?.PerTokenMs,
        Accuracy = evaluation?.Tasks.ToDictionary(task => task.Task, accuracy),
        Loss = loss,
    };

    // Weights and cache, as in the headline.
    private double MemoryMib(IReadOnlyList<LayerSpec> layers)
    {
        var config = run.Parent.Config with { Layers = layers };
        return (_memory.AllWeightBytes(config) / Mib) + KvMib(config);
    }

    // Both at the cap of the scenario, so that the two can be compared.
    private double KvMib(ModelConfig config) => _memory.AllKvBytes(config, new Workload(_scenario.BatchCap, _scenario.PromptTokens, _scenario.OutputTokens)) / Mib;

    private SpeedComparison? Speed(string engine) => evaluation?.Speeds.FirstOrDefault(speed => speed.Engine == engine && speed.Scenario == _scenario.Name);

    private IEnumerable<string> Engines() => run.Recipe.Measure.AlsoReport.Select(engine => JsonNamingPolicy.SnakeCaseLower.ConvertName(engine.ToString())).Prepend(_engine).Prepend(TorchName).Distinct();

    private List<string> Missed()
    {
        var missed = new List<string>();
        if (Elsewhere)
            return missed;
        foreach (var scenario in run.Recipe.Target.Scenarios)
        {
            if (evaluation?.Speeds.FirstOrDefault(speed => speed.Engine == _engine && speed.Scenario == scenario.Name) is not { } speed)
                continue;
            foreach (var term in scenario.Limits.Given())
            {
                (double Parent, double Child)? found = term.Quantity switch
                {
                    Recipes.LimitQuantity.Throughput => (speed.Parent.TokensPerSecond, speed.Child.TokensPerSecond),
                    Recipes.LimitQuantity.TotalThroughput => (Total(speed.Parent), Total(speed.Child)),
                    Recipes.LimitQuantity.LatencyMs => (speed.Parent.TotalMs, speed.Child.TotalMs),
                    Recipes.LimitQuantity.TtftMs => (speed.Parent.FirstTokenMs, speed.Child.FirstTokenMs),
                    Recipes.LimitQuantity.TpotMs => (speed.Parent.PerTokenMs, speed.Child.PerTokenMs),
                    _ => null,
                };
                if (found is not { } value)
                    continue;
                var bound = term.Amount.Of(value.Parent);
                if (term.Side == LimitSide.AtLeast ? value.Child < bound : value.Child > bound)
                    missed.Add($"{scenario.Name}: {term.Key} {term.Amount} asks for {(term.Side == LimitSide.AtLeast ? "at least" : "at most")} {bound:G5}, measured {value.Child:G5}");
            }
        }

        return missed;

        static double Total(GenerationTime time) => time.TokensPerSecond * (time.Workload.PromptTokens + time.Workload.OutputTokens) / time.Workload.OutputTokens;
    }
}
