namespace Puzzle.Benchmarks;

/// <summary>The frame on itself: numbers that are known, so that printing, bounds and records can be seen to work.</summary>
internal sealed class FrameBenchmark : IBenchmark
{
    public string Name => "frame";

    public string Purpose => "the benchmarks' own frame: known numbers through table, bounds and record";

    public BenchmarkResult Run(BenchmarkContext context)
    {
        var sum = Enumerable.Range(1, 100).Sum();
        return new BenchmarkResult
        {
            Metrics = new Dictionary<string, double> { ["sum_of_first_hundred"] = sum },
            Tables = [new BenchmarkTable("Known numbers", ["what", "value"], [["1 + 2 + ... + 100", $"{sum}"]])],
        };
    }
}
