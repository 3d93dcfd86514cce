using Puzzle.Core.Errors;
using Puzzle.Core.Models;
using Puzzle.Core.Recipes;

namespace Puzzle.Core.Measurement;

/// <summary>Parent and child timed end to end in a scenario, in turns, each at its own best batch within the cap.</summary>
public sealed record SpeedComparison
{
    // One run that another process disturbs must not decide on the batch.
    private const int Tries = 3;
    private const double SecondsATry = 0.4;

    /// <summary>The engine's name in reports.</summary>
    public required string Engine { get; init; }

    /// <summary>Processor or accelerator, and threads; empty where it was not recorded.</summary>
    public string Hardware { get; init; } = "";

    /// <summary>The scenario's name.</summary>
    public required string Scenario { get; init; }

    /// <summary>The parent at its best batch.</summary>
    public required GenerationTime Parent { get; init; }

    /// <summary>The child at its best batch.</summary>
    public required GenerationTime Child { get; init; }

    /// <summary>Child over parent, generated tokens per second.</summary>
    public double Speedup => Child.TokensPerSecond / Parent.TokensPerSecond;

    /// <summary>
    /// Measures. Every batch of the scenario is tried after a warm-up; at the best one of each model the medians of all
    /// rounds are taken, the models in turn, so that drift of the machine hits both alike.
    /// </summary>
    /// <exception cref="RecipeException">The engine times no models.</exception>
    public static SpeedComparison Measure(ICostEngine engine, Transformer parent, Transformer child, Scenario scenario, MeasureSection settings, int rounds, CancellationToken cancellation = default)
    {
        using var first = engine.Load(parent, settings) ?? throw new RecipeException($"measure.engine: {engine.Name} computes costs; it times no models");
        using var second = engine.Load(child, settings)!;
        ITimedModel[] models = [first, second];
        var best = models.Select(model => Best(model, scenario, cancellation)).ToArray();
        List<GenerationTime>[] times = [[], []];
        var timed = new TimedRounds(rounds);
        for (var round = 0; timed.More(round); round++)
        {
            for (var i = 0; i < models.Length; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                times[i].Add(models[i].Time(best[i]));
            }
        }

        return new SpeedComparison { Engine = engine.Name, Hardware = engine.Hardware(settings), Scenario = scenario.Name, Parent = Median(best[0], times[0]), Child = Median(best[1], times[1]) };
    }

    private static Workload Best(ITimedModel model, Scenario scenario, CancellationToken cancellation)
    {
        var batches = scenario.BatchesToTry();
        if (batches.Count == 1)
            return Workload(scenario, batches[0]);
        var times = batches.ToDictionary(batch => Workload(scenario, batch), _ => new List<GenerationTime>());
        foreach (var workload in times.Keys)
            model.Time(workload with { OutputTokens = Math.Min(2, workload.OutputTokens) });
        var tries = new TimedRounds(Tries, SecondsATry);
        for (var round = 0; tries.More(round); round++)
        {
            foreach (var (workload, found) in times)
            {
                cancellation.ThrowIfCancellationRequested();
                found.Add(model.Time(workload));
            }
        }

        return times.Select(batch => Median(batch.Key, batch.Value)).MaxBy(time => time.TokensPerSecond)!.Workload;
    }

    private static Workload Workload(Scenario scenario, int batch) => new(batch, scenario.PromptTokens, scenario.OutputTokens);

    private static GenerationTime Median(Workload workload, IEnumerable<GenerationTime> times)
    {
        var all = times.ToArray();
        return new GenerationTime(workload, GenerationTimer.Median(all.Select(time => time.FirstTokenMs)), GenerationTimer.Median(all.Select(time => time.TotalMs)));
    }
}
