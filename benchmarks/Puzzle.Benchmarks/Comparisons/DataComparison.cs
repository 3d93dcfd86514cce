namespace Puzzle.Benchmarks.Comparisons;

/// <summary>What the library is distilled on: all kinds of stories, or one kind that asks nothing (table 9).</summary>
internal sealed class DataComparison : IBenchmark
{
    public string Name => "comparison-data";

    public string Purpose => "the paper's table 9 on the quickstart parent: blockwise distillation on the whole mix against a narrow text, not healed";

    public BenchmarkResult Run(BenchmarkContext context)
    {
        var runs = new ComparisonRuns(context);
        var mix = ComparisonWay.Child("whole mix", [.. ComparisonRuns.Seeds.Select(runs.Unhealed)]);
        var narrow = ComparisonWay.Child("narrow text", [.. ComparisonRuns.Seeds.Select(runs.NarrowText)]);
        return ComparisonWay.Result("Text of starts and blockwise distillation, equal predicted throughput, not healed", [mix, narrow],
            [mix.Verdict(narrow, "table 9", "MMLU 78.39 on the mix, 74.84 (95.5 %) on one kind of text alone")]);
    }
}
