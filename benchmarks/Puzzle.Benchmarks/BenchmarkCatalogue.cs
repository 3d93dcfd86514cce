using Puzzle.Benchmarks.Comparisons;
using Puzzle.Benchmarks.Studies;
using Puzzle.Core.Errors;

namespace Puzzle.Benchmarks;

/// <summary>All benchmarks, in the order of the list. A new one is a file beside this one, a line here, and its bounds in <c>benchmarks/bounds.yaml</c>.</summary>
internal static class BenchmarkCatalogue
{
    public static IReadOnlyList<IBenchmark> All { get; } =
    [
        new SolverBenchmark(),
        new ScoringBenchmark(),
        new StartsBenchmark(),
        new DistillSpeedBenchmark(),
        new DistillMemoryBenchmark(),
        new QualityBenchmark(),
        new AblationBenchmark(),
        new ChoicesBenchmark(),
        new QuickstartBenchmark(),
        new FormatsBenchmark(),
        new ReexportBenchmark(),
        new FuzzBenchmark(),
        new EvalBenchmark(),
        new EvalParityBenchmark(),
        new SearchComparison(),
        new ScoreComparison(),
        new DataComparison(),
        new HealComparison(),
        new StudyBenchmark(StudyCatalogue.Stories),
        new StudyBenchmark(StudyCatalogue.SmolLm2),
        new EngineBenchmark(),
        new EngineMemoryBenchmark(),
        PredictionBenchmark.OnTorch(),
        PredictionBenchmark.OnLlamaCpp(),
        new RooflineBenchmark(),
    ];

    /// <summary>The benchmark of a name.</summary>
    public static IBenchmark Of(string name) =>
        All.FirstOrDefault(benchmark => benchmark.Name == name)
        ?? throw new RecipeException($"no benchmark is called '{name}'{DidYouMean.Hint(name, All.Select(benchmark => benchmark.Name))}; benchmarks/run without a name lists them");
}
