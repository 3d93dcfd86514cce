namespace Puzzle.Benchmarks;

/// <summary>What a benchmark measured.</summary>
internal sealed record BenchmarkResult
{
    /// <summary>Numbers by name: what bounds speak of and what is recorded. What could not be measured is left out.</summary>
    public required IReadOnlyDictionary<string, double> Metrics { get; init; }

    /// <summary>Tables to print.</summary>
    public IReadOnlyList<BenchmarkTable> Tables { get; init; } = [];

    /// <summary>Remarks to print below the tables: settings, seeds, what was left out and why.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}
