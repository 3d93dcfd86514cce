namespace Puzzle.Benchmarks.Comparisons;

/// <summary>What a score should count: divergence from the parent, the next-token loss (figure 7), the answers to questions (table 11).</summary>
internal sealed class ScoreComparison : IBenchmark
{
    public string Name => "comparison-score";

    public string Purpose => "the paper's figure 7 and table 11 on the quickstart parent: children chosen by KL, by next-token loss and by a task's score, healed";

    public BenchmarkResult Run(BenchmarkContext context)
    {
        var runs = new ComparisonRuns(context);
        var kl = ComparisonWay.Child("KL score", [.. ComparisonRuns.Seeds.Select(runs.Healed)]);
        var loss = ComparisonWay.Child("loss score", [.. ComparisonRuns.Seeds.Select(runs.ByLoss)]);
        var task = ComparisonWay.Child("task score", [.. ComparisonRuns.Seeds.Select(runs.ByTask)]);
        return ComparisonWay.Result("Scores, equal predicted throughput, healed", [kl, loss, task],
        [
            kl.Verdict(loss, "figure 7", "a tie where little is compressed, KL 72.92 against 72.40 and 74.74 against 73.64 where more is"),
            task.Verdict(kl, "table 11", "scored by one half of MMLU, 66.24 on the other half against 64.94 by KL, and worse elsewhere (7.57 against 8.06 on MT-Bench)"),
        ]);
    }
}
