using Puzzle.Core.Models;
using Puzzle.Core.Recipes;

namespace Puzzle.Core.Measurement;

/// <summary>Parent and child timed end to end in a scenario, in turns, each at its own best batch within the cap.</summary>
public sealed record SpeedComparison
{
    /// <summary>The engine's name in reports.</summary>
    public required string Engine { get; init; }

    /// <summary>The scenario's name.</summary>
    public required string Scenario { get; init; }

    /// <summary>The parent at its best batch.</summary>
    public required GenerationTime Parent { get; init; }

    /// <summary>The child at its best batch.</summary>
    public required GenerationTime Child { get; init; }

    /// <summary>Child over parent, generated tokens per second.</summary>
    public double Speedup => Child.TokensPerSecond / Parent.TokensPerSecond;

    /// <summary>
    /// Measures. Every batch of the scenario is tried in a short round; around the best one of each model the medians of all rounds
    /// are taken, both models in turn.
    /// </summary>
    public static SpeedComparison Measure(ICostEngine engine, Transformer parent, Transformer child, Scenario scenario, int rounds, CancellationToken cancellation = default)
    {
        var batches = scenario.BatchesToTry();
        var first = batches.Select(batch => engine.TimeModels([parent, child], Workload(scenario, batch), 1, cancellation)).ToArray();
        var parentBatch = first.MaxBy(times => times[0].TokensPerSecond)![0].Workload;
        var childBatch = first.MaxBy(times => times[1].TokensPerSecond)![1].Workload;
        if (parentBatch == childBatch)
        {
            var both = engine.TimeModels([parent, child], parentBatch, rounds, cancellation);
            return new SpeedComparison { Engine = engine.Name, Scenario = scenario.Name, Parent = both[0], Child = both[1] };
        }

        // Different batches still take turns, round by round.
        var runs = Enumerable.Range(0, rounds).Select(_ => (Parent: engine.TimeModels([parent], parentBatch, 1, cancellation)[0], Child: engine.TimeModels([child], childBatch, 1, cancellation)[0])).ToArray();
        return new SpeedComparison
        {
            Engine = engine.Name,
            Scenario = scenario.Name,
            Parent = Median(parentBatch, runs.Select(run => run.Parent)),
            Child = Median(childBatch, runs.Select(run => run.Child)),
        };
    }

    private static Workload Workload(Scenario scenario, int batch) => new(batch, scenario.PromptTokens, scenario.OutputTokens);

    private static GenerationTime Median(Workload workload, IEnumerable<GenerationTime> times)
    {
        var all = times.ToArray();
        return new GenerationTime(workload, GenerationTimer.Median(all.Select(time => time.FirstTokenMs)), GenerationTimer.Median(all.Select(time => time.TotalMs)));
    }
}
