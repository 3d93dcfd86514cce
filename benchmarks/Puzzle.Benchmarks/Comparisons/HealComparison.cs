namespace Puzzle.Benchmarks.Comparisons;

/// <summary>Global distillation on and off (table 16).</summary>
internal sealed class HealComparison : IBenchmark
{
    public string Name => "comparison-heal";

    public string Purpose => "the paper's table 16 on the quickstart parent: the child with global distillation and without";

    public BenchmarkResult Run(BenchmarkContext context)
    {
        var runs = new ComparisonRuns(context);
        var healed = ComparisonWay.Child("healed", [.. ComparisonRuns.Seeds.Select(runs.Healed)]);
        var unhealed = ComparisonWay.Child("not healed", [.. ComparisonRuns.Seeds.Select(runs.Unhealed)]);
        return ComparisonWay.Result("Global distillation", [healed, unhealed],
            [healed.Verdict(unhealed, "table 16", "51B 82.55 to 85.10, 8B 69.06 to 73.98 (mean of MMLU and MT-Bench)")]);
    }
}
