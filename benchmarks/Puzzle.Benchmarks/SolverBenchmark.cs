using System.Diagnostics;
using System.Globalization;
using Puzzle.Core.Search;
using Puzzle.Core.Search.Files;

namespace Puzzle.Benchmarks;

/// <summary>The exact search on the measured library of a 70B and on a made-up one of a 405B's size, beside CBC and SCIP.</summary>
internal sealed class SolverBenchmark : IBenchmark
{
    private const int Runs = 20;
    private const double PeerSeconds = 60;

    private static readonly Case[] s_cases =
    [
        Case.Share("runtime_ms", 0.90, 2.102300),
        Case.Share("runtime_ms", 0.75, 5.831604),
        Case.Share("runtime_ms", 0.60, 10.361557),
        Case.Share("runtime_ms", 0.50, 14.032297),
        Case.Share("runtime_ms", 0.40, 18.106485),
        Case.Share("memory_mib", 0.75, 5.393094),
        Case.Share("memory_mib", 0.60, 9.679047),
        Case.Share("memory_mib", 0.50, 13.007762),
        Case.Share("memory_mib", 0.40, 16.819337),
        new("runtime 60 %, memory 50 %", [Limit.Max("runtime_ms", 0.6, LimitBasis.Parent), Limit.Max("memory_mib", 0.5, LimitBasis.Parent)], [13.007762]),
        new("80,000 MiB, 51,200 ms", [Limit.Max("memory_mib", 80_000), Limit.Max("runtime_ms", 51_200)], [6.861455]),
        new("40,000 MiB", [Limit.Max("memory_mib", 40_000)], [18.935023]),
        new("85 % + 85 %, 3 that differ in 20 layers", [Limit.Max("runtime_ms", 0.85, LimitBasis.Parent), Limit.Max("memory_mib", 0.85, LimitBasis.Parent)], [3.2821, 3.3417, 3.3822], 20, 5e-5),
    ];

    public string Name => "solver";

    public string Purpose => "the exact search: published optima, seconds, beside CBC and SCIP; a sweep; a library of a 405B's size";

    public BenchmarkResult Run(BenchmarkContext context)
    {
        var problem = LibraryFile.Read(context.Shared("nvlabs-puzzle", "block_library.json"));
        var metrics = new Dictionary<string, double>();
        var rows = new List<IReadOnlyList<string>>();
        var (proven, slowest, own) = (0, 0.0, 0.0);
        var peers = new Dictionary<string, double> { ["CBC"] = 0, ["SCIP"] = 0 };
        foreach (var each in s_cases)
        {
            context.Say(each.Name);
            IReadOnlyList<PuzzleSolution> pool = [];
            var seconds = BenchmarkContext.MedianSeconds(Runs, () => pool = ExactSolver.SolvePool(problem, each.Query));
            var right = pool.Count == each.Optima.Length && pool.Zip(each.Optima).All(pair => pair.First is { Status: SolveStatus.Optimal, Gap: 0 } && Math.Abs(pair.First.Objective - pair.Second) <= each.Tolerance);
            proven += right ? 1 : 0;
            slowest = Math.Max(slowest, seconds / pool.Count);
            own += seconds;
            var row = new List<string> { each.Name, string.Join(", ", pool.Select(solution => Text(solution.Objective, "0.000000"))), right ? "proven, as published" : "WRONG", Text(seconds * 1000, "0.00") };
            foreach (var peer in peers.Keys.ToArray())
            {
                var limits = each.Query.Limits.Select((limit, i) => (limit.Name, pool[0].Limits[i].AtMost!.Value)).ToArray();
                var (objectives, done, took) = PlainModel.Solve(peer, problem, limits, each.Optima.Length, each.Diversity, PeerSeconds);
                peers[peer] += took;
                row.Add($"{Text(took * 1000, "0")}{(done ? "" : " (stopped)")}{(objectives.Length == pool.Count && objectives.Zip(pool).All(pair => Math.Abs(pair.First - pair.Second.Objective) < 1e-6) ? "" : " (not the optimum)")}");
            }

            rows.Add(row);
        }

        rows.Add(["all", "", $"{proven} of {s_cases.Length}", Text(own * 1000, "0.00"), .. peers.Values.Select(seconds => $"{Text(seconds * 1000, "0")} ({Text(seconds / own, "0")}x)")]);
        metrics["cases_proven_as_published"] = proven;
        metrics["slowest_case_s"] = slowest;
        metrics["whole_set_s"] = own;
        metrics["times_faster_than_cbc"] = peers["CBC"] / own;
        metrics["times_faster_than_scip"] = peers["SCIP"] / own;

        context.Say("sweep of 50 points");
        IReadOnlyList<SweepPoint> front = [];
        metrics["sweep_50_points_s"] = BenchmarkContext.MedianSeconds(3, () => front = ParetoSweep.Run(problem, new SearchQuery(), "runtime_ms", 50));
        metrics["sweep_points_proven"] = front.Count(point => point.Solution is { Status: SolveStatus.Optimal, Gap: 0 });

        context.Say("126 layers x 54 variants x 8 batches");
        var large = CorrelatedLibrary.Make();
        var start = Stopwatch.GetTimestamp();
        var solution = ExactSolver.Solve(large, CorrelatedLibrary.Query);
        metrics["large_s"] = Stopwatch.GetElapsedTime(start).TotalSeconds;
        metrics["large_gap"] = solution.Gap;
        var further = new BenchmarkTable("Larger tasks", ["task", "result", "seconds"],
        [
            ["70B, 50 points over runtime", $"{front.Count} points, {metrics["sweep_points_proven"]} proven, KL {Text(front[0].Solution.Objective, "0.0000")} to {Text(front[^1].Solution.Objective, "0.0000")}", Text(metrics["sweep_50_points_s"], "0.000")],
            ["126 layers x 54 variants x 8 batches", $"{solution.Status.ToString().ToLowerInvariant()}, KL {Text(solution.Objective, "0.000000")}, bound {Text(solution.Bound, "0.000000")}, gap {solution.Gap:0.0e0}, batch {string.Join(' ', solution.Batches.Values)}", Text(metrics["large_s"], "0.000")],
        ]);
        return new BenchmarkResult
        {
            Metrics = metrics,
            Tables = [new BenchmarkTable($"70B, 80 layers x 16 variants: milliseconds (median of {Runs} here, one run of the others)", ["limits", "sum of KL", "status", "here", .. peers.Keys], rows), further],
            Notes =
            [
                $"CBC and SCIP: through OR-Tools, plain model (a binary an item), relative gap 0, at most {PeerSeconds} s a solution; time includes building the model, here too",
                $"126 layers x 54 variants: generator SplitMix64 with seed {CorrelatedLibrary.Seed}, gap {CorrelatedLibrary.Query.Gap}; limits: {string.Join("; ", CorrelatedLibrary.Query.Limits.Concat(CorrelatedLibrary.Query.Scenarios[0].Limits))}",
            ],
        };
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private sealed record Case(string Name, IReadOnlyList<Limit> Limits, double[] Optima, int Diversity = 1, double Tolerance = 5e-7)
    {
        public SearchQuery Query => new() { Limits = Limits, SolutionCount = Optima.Length, MinDiversity = Diversity };

        public static Case Share(string stat, double share, double optimum) =>
            new($"{(stat == "runtime_ms" ? "runtime" : "memory")} {share * 100:0} %", [Limit.Max(stat, share, LimitBasis.Parent)], [optimum]);
    }
}
