using Puzzle.Core.Errors;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Measurement.Tables;

/// <summary>What cannot be true of a table of costs, and what hardly can.</summary>
public static class CostChecks
{
    // Repeats of a measurement differ by less.
    private const double Tolerance = 0.1;

    // Below this many milliseconds a difference says nothing.
    private const double LeastMs = 1e-3;
    private const int MostNamed = 6;

    /// <summary>Refuses what cannot be.</summary>
    /// <exception cref="BadInputException">No workloads, one twice, a time that is negative or not a number; named.</exception>
    public static void Refuse(CostTable table, string name)
    {
        if (table.Workloads is not { Count: > 0 })
            throw new BadInputException($"{name}: the table has no workloads; is the file cut off?");
        foreach (var twice in table.Workloads.GroupBy(costs => costs.Workload).Where(group => group.Count() > 1))
            throw new BadInputException($"{name}: {Of(twice.Key)} stands there {twice.Count()} times");
        foreach (var costs in table.Workloads)
        {
            if (costs.Workload is { Batch: < 1 } or { PromptTokens: < 1 } or { OutputTokens: < 1 })
                throw new BadInputException($"{name}: {Of(costs.Workload)}: batch and tokens are at least 1");
            foreach (var (subblock, cost) in costs.Subblocks.Append(new("fixed", costs.Fixed)))
            {
                foreach (var (phase, ms) in new[] { ("prefill_ms", cost.PrefillMs), ("first_decode_ms", cost.FirstDecodeMs), ("last_decode_ms", cost.LastDecodeMs) })
                {
                    if (!double.IsFinite(ms) || ms < 0)
                        throw new BadInputException($"{name}: {subblock}, {Of(costs.Workload)}: {phase} is {ms}; times are finite and not negative");
                }
            }
        }
    }

    /// <summary>Where more work costs less: wider networks, more KV heads, larger batches, longer prompts. The worst are named.</summary>
    public static IReadOnlyList<string> Oddities(CostTable table, string name)
    {
        var odd = new List<(double Ratio, string Text)>();
        foreach (var costs in table.Workloads)
        {
            Ascending(Sized(costs, id => Number(id, "ffn_")), costs.Workload, "a wider network");
            Ascending(Sized(costs, id => Number(id, "gqa_")), costs.Workload, "an attention with more KV heads");
        }

        foreach (var id in table.Workloads.SelectMany(costs => costs.Subblocks.Keys).Distinct())
        {
            var of = table.Workloads.Where(costs => costs.Subblocks.ContainsKey(id)).Select(costs => (costs.Workload, Cost: costs.Subblocks[id])).ToArray();
            foreach (var group in of.GroupBy(pair => (pair.Workload.PromptTokens, pair.Workload.OutputTokens)))
                Growing(id, [.. group.OrderBy(pair => pair.Workload.Batch)], cost => cost.TotalMs(group.First().Workload), "a larger batch");
            foreach (var group in of.GroupBy(pair => (pair.Workload.Batch, pair.Workload.OutputTokens)))
                Growing(id, [.. group.OrderBy(pair => pair.Workload.PromptTokens)], cost => cost.PrefillMs, "a longer prompt");
        }

        var worst = odd.OrderByDescending(pair => pair.Ratio).Select(pair => pair.Text).Distinct().ToArray();
        return worst.Length <= MostNamed ? worst : [.. worst.Take(MostNamed), $"{name}: and {worst.Length - MostNamed} more of the kind; measure again on a quiet machine"];

        void Ascending(IEnumerable<(int Size, string Id, SubblockCost Cost)> sized, Workload workload, string what)
        {
            var ordered = sized.OrderBy(each => each.Size).ToArray();
            foreach (var (less, more) in ordered.Zip(ordered.Skip(1)))
                Compare(less.Cost.TotalMs(workload), more.Cost.TotalMs(workload), $"{name}: {Of(workload)}: {what} is faster: {more.Id} takes {{1:G4}} ms, {less.Id} {{0:G4}} ms");
        }

        void Growing(string id, (Workload Workload, SubblockCost Cost)[] ordered, Func<SubblockCost, double> time, string what)
        {
            foreach (var (less, more) in ordered.Zip(ordered.Skip(1)))
                Compare(time(less.Cost), time(more.Cost), $"{name}: {id}: {what} is faster: {Of(more.Workload)} takes {{1:G4}} ms, {Of(less.Workload)} {{0:G4}} ms");
        }

        void Compare(double less, double more, string text)
        {
            if (more < less * (1 - Tolerance) && less - more > LeastMs)
                odd.Add((less / Math.Max(more, 1e-9), string.Format(System.Globalization.CultureInfo.InvariantCulture, text, less, more)));
        }
    }

    /// <summary>What does not fit the machine and the types that a table is used for; null where all does.</summary>
    /// <param name="table">The table.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="hardware">As the engine describes this machine.</param>
    /// <param name="dtype">As the recipe says how weights are stored.</param>
    public static string? Foreign(CostTable table, string name, string hardware, string dtype)
    {
        var other = table.Hardware != hardware ? $"its times are from '{table.Hardware}' and this is '{hardware}'" : null;
        var type = table.Dtype != dtype ? $"its weights are {table.Dtype} and the recipe's {dtype}" : null;
        return other is null && type is null ? null : $"{name}: {string.Join("; ", new[] { other, type }.OfType<string>())}: what is predicted holds there, not here";
    }

    private static IEnumerable<(int Size, string Id, SubblockCost Cost)> Sized(WorkloadCosts costs, Func<string, int?> size) =>
        costs.Subblocks.Where(pair => size(pair.Key) is not null).Select(pair => (size(pair.Key)!.Value, pair.Key, pair.Value));

    private static int? Number(string id, string prefix) => id.StartsWith(prefix, StringComparison.Ordinal) && int.TryParse(id.AsSpan(prefix.Length), out var number) ? number : null;

    private static string Of(Workload workload) => $"batch {workload.Batch}, {workload.PromptTokens} in, {workload.OutputTokens} out";
}
