using Puzzle.Cli.Wiring;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Errors;
using Puzzle.Core.Measurement;
using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;

namespace Puzzle.Benchmarks.Studies;

/// <summary>Parent and child timed in turns, engine by engine and by how their weights are stored; what is measured is kept.</summary>
internal static class StudySpeeds
{
    /// <summary>All pairs that can be timed here; why others cannot goes into <paramref name="remarks"/>.</summary>
    public static IReadOnlyList<(ServedType Weights, SpeedComparison Speed)> Measure(
        BenchmarkContext context, StudyPlan plan, string folder, string name, Transformer parent, string child, Scenario scenario, MeasureSection settings, ISet<string> remarks)
    {
        using var checkpoint = CheckpointFile.Open(child);
        var found = new List<(ServedType, SpeedComparison)>();
        Lazily<Transformer>? model = null;
        foreach (var engine in StageCatalogue.Engines.Where(engine => engine.Engine is MeasureEngine.Torch or MeasureEngine.LlamaCpp))
        {
            if (engine.Unavailable is { } reason)
            {
                remarks.Add($"{engine.Name} is not timed: {reason}");
                continue;
            }

            foreach (var weights in plan.Quantised.Prepend(ServedType.F32))
            {
                var file = Path.Combine(folder, "speeds", $"{name.Replace(' ', '-')}-{engine.Name}-{weights}-{checkpoint.ContentHash[..12]}.json".ToLowerInvariant());
                if (AtomicFile.TryReadJson<SpeedComparison>(file) is { } known)
                {
                    found.Add((weights, known));
                    continue;
                }

                context.Say($"{name}: timed on {engine.Name}, weights {weights}");
                try
                {
                    model ??= new(() => ModelLoader.Load(checkpoint));
                    var speed = SpeedComparison.Measure(engine, parent, model.Value, scenario, settings with { Weights = weights }, plan.Repeats);
                    AtomicFile.WriteJson(file, speed);
                    found.Add((weights, speed));
                }
                catch (RecipeException e)
                {
                    remarks.Add($"{engine.Name}, {weights}: {e.Message}");
                }
            }
        }

        model?.Dispose();
        return found;
    }
}
