namespace Puzzle.Benchmarks.Comparisons;

/// <summary>The search against other ways to choose from the same library under the same limits, before and after healing (tables 12 to 15).</summary>
internal sealed class SearchComparison : IBenchmark
{
    public string Name => "comparison-search";

    public string Purpose => "the paper's tables 12 to 15 on the quickstart parent: MIP against greedy, random, max-params and no-op only, healed and not";

    public BenchmarkResult Run(BenchmarkContext context)
    {
        var runs = new ComparisonRuns(context);
        var healed = ComparisonRuns.Seeds.Select(runs.Healed).ToArray();
        var unhealed = ComparisonRuns.Seeds.Select(runs.Unhealed).ToArray();
        string[] names = ["greedy", "random", "max params", "no-op only"];
        var mip = ComparisonWay.Child("MIP", healed);
        var others = names.Select(name => ComparisonWay.Baseline(name, healed)).ToArray();
        string[] papers =
        [
            "MIP 78.39 against 70.74 on MMLU",
            "MIP 98.61 % of the parent against 86.58 % for a random choice from the trained library",
            "MIP 78.39 against 23.12 on MMLU",
            "the full space 78.39 against 75.40 on MMLU",
        ];
        string[] tables = ["table 13", "table 15", "table 14", "table 12"];
        ComparisonWay Named(ComparisonWay way, string when) => way with { Name = $"{way.Name}, {when}" };
        return ComparisonWay.Result(
            "MIP and other ways to choose, equal predicted throughput",
            [Named(mip, "healed"), .. others.Select(way => Named(way, "healed")), Named(ComparisonWay.Child("MIP", unhealed), "not healed"), .. names.Select(name => Named(ComparisonWay.Baseline(name, unhealed), "not healed"))],
            [.. others.Select((other, i) => mip.Verdict(other, tables[i], papers[i]))]);
    }
}
