using Puzzle.Core.Errors;
using Puzzle.Core.Measurement.Tables;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;
using Puzzle.Core.Telemetry;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Measurement;

/// <summary>Stage measure: the real cost of every variant under every workload of the target, a workload a unit of work.</summary>
/// <param name="engines">The engines that can be timed.</param>
public sealed class MeasureStage(IReadOnlyList<ICostEngine> engines) : IStage
{
    /// <summary>The file of the stage's result.</summary>
    public const string TableFile = "costs.json";

    /// <summary>The same for spreadsheets.</summary>
    public const string CsvFile = "costs.csv";

    /// <inheritdoc/>
    public string Name => "measure";

    /// <inheritdoc/>
    public string Purpose => "time every variant on the engine that will serve the child";

    /// <inheritdoc/>
    public int Version => 2;

    /// <inheritdoc/>
    public IReadOnlyList<string> Needs => [];

    /// <inheritdoc/>
    public void AddInputs(ContentKey key, RunContext run)
    {
        var measure = run.Recipe.Measure;
        key.Add("architecture", run.Parent.Config).Add("choices", run.Choices).Add("workloads", Workloads(run.Recipe))
            .Add("measure", measure with { Calibrate = true, AlsoReport = [], Table = null, Shared = null });
        if (measure.Table is { } table)
            key.AddFiles("table", table);
        else
            key.Add("hardware", $"{RunEnvironment.Processor()}, {run.Recipe.Device}, {run.Recipe.Threads} threads").Add("engine version", Find(measure)?.Version(measure) ?? "");
    }

    /// <inheritdoc/>
    public StageEstimate Estimate(RunContext run)
    {
        if (run.Recipe.Measure.Table is not null || Find(run.Recipe.Measure) is { TimesModels: false })
            return new(TimeSpan.FromSeconds(1), 1 << 20);
        var variants = Specs(run).Count / (2.0 * run.Parent.Config.Layers.Count);
        var tokens = Workloads(run.Recipe).Sum(workload => workload.Batch * (workload.PromptTokens + 16.0));
        return new(StageCost.Seconds(run, tokens, passes: 3 * variants * (run.Recipe.Measure.Repeats + run.Recipe.Measure.Warmup)), 1 << 20, 3 * StageCost.ModelBytes(run));
    }

    /// <inheritdoc/>
    public void Run(StageContext stage)
    {
        var run = stage.Run;
        var measure = run.Recipe.Measure;
        var workloads = Workloads(run.Recipe);
        if (measure.Table is { } path)
        {
            Write(stage, Imported(path, stage, workloads));
            return;
        }

        var engine = Find(measure)
            ?? throw new RecipeException($"measure.engine: {measure.Engine} cannot be timed here; {string.Join(", ", engines.Select(engine => engine.Engine))} can, or give measure.table");
        if (engine.Unavailable is { } reason)
            throw new RecipeException($"measure.engine: {engine.Name}: {reason}");
        stage.Progress.Count(workloads.Count, "workloads");
        var units = workloads.ToDictionary(workload => workload, workload => stage.Unit(
            $"batch-{workload.Batch}-in-{workload.PromptTokens}-out-{workload.OutputTokens}", new ContentKey().Add("stage", stage.Key).Add("workload", workload)));
        var specs = Specs(run);
        var shared = measure.Shared is { } folder ? SharedCosts.Of(folder, engine, run.Parent.Config, measure, TypeOf(measure)) : null;
        foreach (var workload in workloads.Where(workload => !units[workload].IsDone))
        {
            if (shared?.Find(workload, specs) is { } known)
                units[workload].Done(known);
        }

        Workload[] open = [.. workloads.Where(workload => !units[workload].IsDone)];
        var done = workloads.Count - open.Length;
        if (open.Length > 0)
        {
            var load = new OtherLoad();
            engine.Measure(run.ParentModel, specs, open, measure, costs =>
            {
                units[costs.Workload].Done(costs);
                shared?.Add(costs);
                stage.Progress.Advance(++done, what: $"batch {costs.Workload.Batch}");
            }, stage.Cancellation);
            if (engine.TimesModels && load.Warning("variants were timed") is { } warning)
                stage.Progress.Warn(warning);
        }

        var table = new CostTable
        {
            Engine = engine.Name,
            Hardware = engine.Hardware(measure),
            Dtype = TypeOf(measure),
            Workloads = [.. workloads.Select(workload => units[workload].ReadRecord<WorkloadCosts>())],
        };
        foreach (var oddity in CostChecks.Oddities(table, TableFile))
            stage.Progress.Warn(oddity);
        Write(stage, table);
    }

    private CostTable Imported(string path, StageContext stage, IReadOnlyList<Workload> workloads)
    {
        var measure = stage.Recipe.Measure;
        var warnings = new List<string>();
        var table = CostTableFile.Read(path, warnings);
        foreach (var costs in workloads.Select(table.Of))
        {
            foreach (var spec in Specs(stage.Run))
                _ = costs.Of(spec);
        }

        var here = engines.Where(engine => engine.TimesModels).OrderBy(engine => engine.Name == table.Engine ? 0 : 1).FirstOrDefault();
        if (CostChecks.Foreign(table, path, here?.Hardware(measure) ?? RunEnvironment.Processor(), TypeOf(measure)) is { } foreign)
            warnings.Add(foreign);
        foreach (var warning in warnings)
            stage.Progress.Warn(warning);
        return table;
    }

    private static void Write(StageContext stage, CostTable table)
    {
        AtomicFile.WriteText(stage.File(TableFile), table.ToJson());
        AtomicFile.WriteText(stage.File(CsvFile), CostCsv.Write(table));
    }

    private static string TypeOf(MeasureSection measure) => RecipeJson.Canonical(measure.Weights).Trim('"');

    private ICostEngine? Find(MeasureSection measure) => engines.FirstOrDefault(engine => engine.Engine == measure.Engine);

    /// <summary>Every batch, prompt and output that a recipe's scenarios ask for.</summary>
    public static IReadOnlyList<Workload> Workloads(Recipe recipe) =>
        [.. recipe.Target.Scenarios.SelectMany(scenario => scenario.BatchesToTry().Select(batch => new Workload(batch, scenario.PromptTokens, scenario.OutputTokens))).Distinct()];

    private static IReadOnlyList<SubblockSpec> Specs(RunContext run) =>
        [.. run.Choices.SelectMany(choices => choices.Attention.Cast<SubblockSpec>().Concat(choices.FeedForward)).Distinct()];
}
