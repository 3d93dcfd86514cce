using Puzzle.Core.Initialisation;
using Puzzle.Core.Models;
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
    public Subblock Start(SubblockSpec spec, Subblock parent, SubblockStatistics statistics)
    {
        var (child, attention, config) = ((GroupedQuerySpec)spec, (GroupedQueryAttention)parent, statistics.Config);
        var (full, group, dim) = (attention.GroupedQuery.KvHeads, config.Heads / attention.GroupedQuery.KvHeads, config.HeadDim);
        var importance = Importance(attention, statistics);
        var byImportance = Enumerable.Range(0, full).OrderByDescending(head => importance[head]).ToArray();
        var kept = byImportance.Take(child.KvHeads).Order().ToArray();
        var removed = new Queue<int>(byImportance.Skip(child.KvHeads).Order());

        // Query heads in their new order: for each kept head its own group, then as many removed groups as its share.
        var queries = new List<long>();
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

        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var queryRows = Rows(queries, dim).ToArray();
        var keyRows = Rows(kept.Select(head => (long)(config.Heads + head)), dim);
        var valueRows = Rows(kept.Select(head => (long)(config.Heads + full + head)), dim);
        var rows = tensor(queryRows.Concat(keyRows).Concat(valueRows).ToArray());
        var mask = tensor(live.SelectMany(alive => Enumerable.Repeat(alive ? 1f : 0f, dim)).ToArray());
        var result = new GroupedQueryAttention(
            child,
            config,
            attention.Norm.detach().clone().DetachFromDisposeScope(),
            attention.Qkv.index_select(0, rows).DetachFromDisposeScope(),
            (attention.Output.index_select(1, tensor(queryRows)) * mask).DetachFromDisposeScope(),
            attention.QkvBias?.index_select(0, rows).DetachFromDisposeScope(),
            attention.OutputBias?.detach().clone().DetachFromDisposeScope(),
            attention.QNorm?.detach().clone().DetachFromDisposeScope(),
            attention.KNorm?.detach().clone().DetachFromDisposeScope());
        return refit ? KvHeads.Refit(result, $"heads {Name} {spec.Id}", statistics) : result;
    }

    /// <summary>For each KV head, the mean over tokens of the norm of what its query group adds.</summary>
    public static double[] Importance(GroupedQueryAttention attention, SubblockStatistics statistics)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var rows = (long)statistics.Config.Heads / attention.GroupedQuery.KvHeads * statistics.Config.HeadDim;
        var importance = new double[attention.GroupedQuery.KvHeads];
        var heads = attention.Heads(Operators.RmsNorm(statistics.Input_WTD, attention.Norm, statistics.Config.RmsNormEps), statistics.Context, statistics.Layer);
        for (var head = 0; head < importance.Length; head++)
        {
            var added = heads.narrow(-1, head * rows, rows).matmul(attention.Output.narrow(1, head * rows, rows).t());
            importance[head] = added.square().sum(-1).sqrt().mean().item<float>();
        }

        return importance;
    }

    private static IEnumerable<long> Rows(IEnumerable<long> heads, int dim) => heads.SelectMany(head => Enumerable.Range(0, dim).Select(i => head * dim + i));
}
