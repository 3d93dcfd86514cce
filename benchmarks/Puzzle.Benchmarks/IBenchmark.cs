namespace Puzzle.Benchmarks;

/// <summary>One measurement of the repository, by its name on the command line.</summary>
internal interface IBenchmark
{
    /// <summary>The word after <c>benchmarks/run</c>; also its key in <c>bounds.yaml</c>.</summary>
    string Name { get; }

    /// <summary>One line for the list.</summary>
    string Purpose { get; }

    /// <summary>Measures. Talk goes to <see cref="BenchmarkContext.Say"/>; errors for users are <c>PuzzleException</c>s.</summary>
    BenchmarkResult Run(BenchmarkContext context);
}
