using Puzzle.Core.Models;
using Puzzle.Core.Initialisation;
using static TorchSharp.torch;

namespace Puzzle.Core.Variants.GroupedQuery;

// n tokens, N query heads, K kv heads, H head_dim, D hidden

/// <summary>
/// Keeps KV heads too, but chooses them, and the query heads that read each, by what can be explained: how much of a query
/// head's addition to the residual stream is a linear function of its output when it reads another KV head. A query head
/// whose KV head goes joins the kept one that explains it best and has room. With <c>refit</c>, several choices of kept
/// heads are solved and the best one is taken.
/// </summary>
public sealed class RegroupStart(bool refit = false) : IStart
{
    // With more ways to choose the kept heads than this, only those of the largest contribution are looked at.
    private const int MostChoices = 70;
    private const int Solved = 3;

    /// <inheritdoc/>
    public string Name => refit ? "regroup_refit" : "regroup";

    /// <inheritdoc/>
    public bool Applies(SubblockSpec spec, Subblock parent) =>
        spec is GroupedQuerySpec child && parent is GroupedQueryAttention attention && child.KvHeads < attention.GroupedQuery.KvHeads;

    /// <inheritdoc/>
    public StartResult Start(SubblockSpec spec, Subblock parent, SubblockStatistics statistics)
    {
        var (child, attention) = ((GroupedQuerySpec)spec, (GroupedQueryAttention)parent);
        var explained = statistics.Once($"explained {child.Window} {child.Sinks}", () => Explained(attention, child, statistics));
        var choices = Choices(attention, child.KvHeads, statistics).Select(kept => Assign(kept, explained)).OrderByDescending(choice => choice.Explained).ToArray();
        if (!refit)
            return new(Assemble(choices[0]));
        StartResult? best = null;
        foreach (var choice in choices.Take(Solved))
        {
            var solved = KvHeads.Refit(Assemble(choice), statistics);
            if (best is { } known && known.HeldOutError <= solved.HeldOutError)
            {
                solved.Subblock.Dispose();
                continue;
            }

            best?.Subblock.Dispose();
            best = solved;
        }

        return best!.Value;

        GroupedQueryAttention Assemble(Choice choice) => KvHeads.Assemble(attention, child, statistics.Config, choice.Kept, choice.Queries, choice.Live);
    }

    private static int[][] Choices(GroupedQueryAttention attention, int count, SubblockStatistics statistics)
    {
        var full = attention.GroupedQuery.KvHeads;
        var all = Subsets(0, count).Take(MostChoices + 1).ToArray();
        if (all.Length <= MostChoices)
            return all;
        var importance = statistics.Once("head importance", () => KeepHeadsStart.Importance(attention, statistics));
        return [[.. Enumerable.Range(0, full).OrderByDescending(head => importance[head]).Take(count).Order()]];

        IEnumerable<int[]> Subsets(int from, int size) => size == 0 ? [[]] :
            Enumerable.Range(from, full - from).SelectMany(head => Subsets(head + 1, size - 1).Select(rest => (int[])[head, .. rest]));
    }

    // Each kept head leads with its own group; then the best pairs of a homeless query head and a head with room, one after the other.
    private static Choice Assign(int[] kept, double[,] explained)
    {
        var (heads, full) = (explained.GetLength(0), explained.GetLength(1));
        var group = heads / full;
        var members = kept.Select(head => Enumerable.Range(head * group, group).ToList()).ToArray();
        var value = members.Select((own, k) => own.Sum(query => explained[query, kept[k]])).Sum();
        var homeless = Enumerable.Range(0, heads).Where(query => !kept.Contains(query / group)).ToHashSet();
        foreach (var (query, k) in homeless.SelectMany(query => Enumerable.Range(0, kept.Length).Select(k => (query, k))).OrderByDescending(pair => explained[pair.query, kept[pair.k]]).ThenBy(pair => pair).ToArray())
        {
            if (members[k].Count == heads / kept.Length || !homeless.Remove(query))
                continue;
            members[k].Add(query);
            value += explained[query, kept[k]];
        }

        return new(kept, [.. members.SelectMany(queries => queries)], [.. members.SelectMany(queries => queries.Select((_, i) => i < group))], value);
    }

    // For each query head and each KV head that it might read: the part of |W_o,h o_h|^2 that a linear map of the output there explains.
    private static double[,] Explained(GroupedQueryAttention attention, GroupedQuerySpec child, SubblockStatistics statistics)
    {
        var (heads, full, dim) = (statistics.Config.Heads, attention.GroupedQuery.KvHeads, statistics.Config.HeadDim);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var output_NDH = attention.Output.view(-1, heads, dim).transpose(0, 1);
        var explained = new double[heads, full];
        for (var head = 0; head < full; head++)
        {
            using var inner = NewDisposeScope();
            using var reading = KvHeads.Assemble(attention, child with { KvHeads = 1 }, statistics.Config, [head], [.. Enumerable.Range(0, heads)], [.. Enumerable.Repeat(true, heads)]);
            var (own_NHH, cross_NHH) = (zeros([heads, dim, dim], ScalarType.Float64, attention.Qkv.device), zeros([heads, dim, dim], ScalarType.Float64, attention.Qkv.device));
            foreach (var windows in SubblockStatistics.Chunks(statistics.Fit))
            {
                using var chunk = NewDisposeScope();
                var n = statistics.Normalised(attention.Norm, windows);
                var weights = statistics.RootWeights_WT1.narrow(0, windows.First, windows.Count);
                var (is_NnH, was_NnH) = (PerHead(reading), PerHead(attention));
                own_NHH.add_(is_NnH.transpose(1, 2).matmul(is_NnH));
                cross_NHH.add_(was_NnH.transpose(1, 2).matmul(is_NnH));

                Tensor PerHead(GroupedQueryAttention from) =>
                    (from.Heads(n, statistics.Context, statistics.Layer) * weights).view(-1, heads, dim).transpose(0, 1);
            }

            var scale_N11 = own_NHH.diagonal(0, 1, 2).mean([1]).view(heads, 1, 1).clamp(min: Held.Number(1e-30));
            var regularised_NHH = own_NHH + Held.Number(1e-4) * scale_N11 * eye(dim, dtype: ScalarType.Float64, device: own_NHH.device);
            var weighted_NDH = output_NDH.to(ScalarType.Float64).matmul(cross_NHH);
            var powers = (weighted_NDH * linalg.solve(regularised_NHH, weighted_NDH.transpose(1, 2)).transpose(1, 2)).sum([1, 2]).cpu().data<double>().ToArray();
            for (var query = 0; query < heads; query++)
                explained[query, head] = powers[query];
        }

        return explained;
    }

    private sealed record Choice(int[] Kept, int[] Queries, bool[] Live, double Explained);
}
