using Puzzle.Core.Initialisation;
using static TorchSharp.torch;

namespace Puzzle.Core.Variants.GroupedQuery;

/// <summary>
/// Keeps the KV heads whose query groups contribute most (mean over tokens of |group output times its columns of W_o|).
/// Query heads are reordered so that each kept KV head leads with its own group; the groups of removed heads follow with
/// zeroed columns of W_o: the same function as plain pruning, but they can be trained. With <c>refit</c>, W_o is solved anew.
/// </summary>
public sealed class KeepHeadsStart(bool refit = false) : IStart
{
    /// <inheritdoc/>
    public string Name => refit ? "keep_heads_refit" : "keep_heads";

    /// <inheritdoc/>
    public bool Applies(SubblockSpec spec, Subblock parent) =>
        spec is GroupedQuerySpec child && parent is GroupedQueryAttention attention && child.KvHeads < attention.GroupedQuery.KvHeads;

    /// <inheritdoc/>
    public StartResult Start(SubblockSpec spec, Subblock parent, SubblockStatistics statistics)
    {
        var (child, attention, config) = ((GroupedQuerySpec)spec, (GroupedQueryAttention)parent, statistics.Config);
        var (full, group) = (attention.GroupedQuery.KvHeads, config.Heads / attention.GroupedQuery.KvHeads);
        var importance = statistics.Once("head importance", () => Importance(attention, statistics));
        var byImportance = Enumerable.Range(0, full).OrderByDescending(head => importance[head]).ToArray();
        var kept = byImportance.Take(child.KvHeads).Order().ToArray();
        var removed = new Queue<int>(byImportance.Skip(child.KvHeads).Order());

        // Query heads in their new order: for each kept head its own group, then as many removed groups as its share.
        var queries = new List<int>();
        var live = new List<bool>();
        foreach (var head in kept)
        {
            for (var slot = 0; slot < full / child.KvHeads; slot++)
            {
                var source = slot == 0 ? head : removed.Dequeue();
                for (var i = 0; i < group; i++)
                {
                    queries.Add(source * group + i);
                    live.Add(slot == 0);
                }
            }
        }

        var result = KvHeads.Assemble(attention, child, config, kept, queries, live);
        return refit ? KvHeads.Refit(result, statistics) : new(result);
    }

    /// <summary>For each KV head, the mean over tokens of the norm of what its query group adds.</summary>
    public static double[] Importance(GroupedQueryAttention attention, SubblockStatistics statistics)
    {
        var rows = (long)statistics.Config.Heads / attention.GroupedQuery.KvHeads * statistics.Config.HeadDim;
        var importance = new double[attention.GroupedQuery.KvHeads];
        foreach (var windows in SubblockStatistics.Chunks(statistics.Fit))
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            var heads = attention.Heads(statistics.Normalised(attention.Norm, windows), statistics.Context, statistics.Layer);
            for (var head = 0; head < importance.Length; head++)
            {
                var added = heads.narrow(-1, head * rows, rows).matmul(attention.Output.narrow(1, head * rows, rows).t());
                importance[head] += added.square().sum(-1).sqrt().mean().item<float>() * windows.Count / statistics.Fit.Count;
            }
        }

        return importance;
    }
}
