using System.Globalization;
using Puzzle.Core.Evaluation;

namespace Puzzle.Benchmarks.Comparisons;

/// <summary>One way to make a child: what it kept, seed by seed. A seed where it led to nothing has NaN.</summary>
/// <param name="Name">For tables.</param>
/// <param name="Recovery">Mean over tasks of child / parent.</param>
/// <param name="Kl">KL(parent || child) on held-out text.</param>
internal sealed record ComparisonWay(string Name, IReadOnlyList<double> Recovery, IReadOnlyList<double> Kl)
{
    /// <summary>The children of the runs.</summary>
    public static ComparisonWay Child(string name, IReadOnlyList<ChildEvaluation> seeds) =>
        new(name, [.. seeds.Select(seed => seed.Recovery ?? double.NaN)], [.. seeds.Select(seed => seed.Text?.Kl ?? double.NaN)]);

    /// <summary>A baseline of the runs.</summary>
    public static ComparisonWay Baseline(string name, IReadOnlyList<ChildEvaluation> seeds)
    {
        var found = seeds.Select(seed => seed.Baselines.FirstOrDefault(baseline => baseline.Name == name)).ToArray();
        return new(name, [.. found.Select(baseline => baseline?.Recovery ?? double.NaN)], [.. found.Select(baseline => baseline?.Text?.Kl ?? double.NaN)]);
    }

    /// <summary>The mean over the seeds that led to something.</summary>
    public static double Mean(IReadOnlyList<double> seeds) => seeds.Where(double.IsFinite).DefaultIfEmpty(double.NaN).Average();

    /// <summary>How this way fares against another, in words.</summary>
    /// <param name="table">The paper's table or figure.</param>
    /// <param name="paper">What the paper found.</param>
    public string Verdict(ComparisonWay other, string table, string paper)
    {
        var both = Enumerable.Range(0, Recovery.Count).Where(seed => double.IsFinite(Recovery[seed]) && double.IsFinite(other.Recovery[seed])).ToArray();
        if (both.Length == 0)
            return $"{table}: {other.Name} led to nothing within the limits in any seed; {paper}.";
        var (byRecovery, byKl) = (both.Count(seed => Recovery[seed] > other.Recovery[seed]), both.Count(seed => Kl[seed] < other.Kl[seed]));
        double Of(ComparisonWay way, Func<ComparisonWay, IReadOnlyList<double>> values) => Mean([.. both.Select(seed => values(way)[seed])]);
        var (recovery, kl) = (Of(this, way => way.Recovery) - Of(other, way => way.Recovery), Of(other, way => way.Kl) - Of(this, way => way.Kl));
        var verdict = (recovery > 0, kl > 0) switch
        {
            (true, true) => "as in the paper",
            (true, false) => "as in the paper by accuracy, not by KL",
            (false, true) => "as in the paper by KL, not by accuracy",
            _ => "not as in the paper",
        };
        return string.Create(CultureInfo.InvariantCulture, $"{table}: {verdict}. {Name} against {other.Name}: recovery {Of(this, way => way.Recovery):P1} against {Of(other, way => way.Recovery):P1} (better in {byRecovery} of {both.Length} seeds), KL {Of(this, way => way.Kl):0.0000} against {Of(other, way => way.Kl):0.0000} (better in {byKl}). The paper: {paper}.");
    }

    /// <summary>The table's row.</summary>
    public IReadOnlyList<string> Row() =>
    [
        Name, Percent(Mean(Recovery)), string.Join(" ", Recovery.Select(Percent)),
        Number(Mean(Kl)), string.Join(" ", Kl.Select(Number)),
    ];

    /// <summary>A record of ways with verdicts.</summary>
    public static BenchmarkResult Result(string title, IReadOnlyList<ComparisonWay> ways, IReadOnlyList<string> verdicts) => new()
    {
        Metrics = ways.SelectMany(way => new[]
        {
            KeyValuePair.Create($"{Key(way.Name)}_recovery", Mean(way.Recovery)),
            KeyValuePair.Create($"{Key(way.Name)}_kl", Mean(way.Kl)),
        }).ToDictionary(),
        Tables = [new BenchmarkTable(title, ["way", "recovery", "seeds", "KL", "seeds"], [.. ways.Select(way => way.Row())])],
        Notes = [.. verdicts, ComparisonRuns.Setting],
    };

    private static string Key(string name) => name.ToLowerInvariant().Replace(",", "", StringComparison.Ordinal).Replace(' ', '_').Replace('-', '_');

    private static string Percent(double value) => double.IsFinite(value) ? (100 * value).ToString("0.0", CultureInfo.InvariantCulture) : "none";

    private static string Number(double value) => double.IsFinite(value) ? value.ToString("0.0000", CultureInfo.InvariantCulture) : "none";
}
