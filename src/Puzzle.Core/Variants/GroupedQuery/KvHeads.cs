using Puzzle.Core.Initialisation;
using Puzzle.Core.Models;
using static TorchSharp.torch;

namespace Puzzle.Core.Variants.GroupedQuery;

/// <summary>Putting an attention with fewer KV heads together.</summary>
internal static class KvHeads
{
    /// <summary>The attention of some KV heads, with the query heads in a new order.</summary>
    /// <param name="attention">The parent's.</param>
    /// <param name="spec">KV heads and window of the child.</param>
    /// <param name="config">The parent's architecture.</param>
    /// <param name="kept">The KV heads that stay.</param>
    /// <param name="queries">The query heads in their new order, each kept KV head's one after the other.</param>
    /// <param name="live">For each of them, whether its columns of W_o stay; else they are zero.</param>
    public static GroupedQueryAttention Assemble(GroupedQueryAttention attention, GroupedQuerySpec spec, ModelConfig config, IReadOnlyList<int> kept, IReadOnlyList<int> queries, IReadOnlyList<bool> live)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (full, dim, device) = (attention.GroupedQuery.KvHeads, config.HeadDim, attention.Qkv.device);
        var queryRows = Rows(queries, dim);
        var rows = tensor([.. queryRows, .. Rows(kept.Select(head => config.Heads + head), dim), .. Rows(kept.Select(head => config.Heads + full + head), dim)], device: device);
        var mask = tensor(live.SelectMany(alive => Enumerable.Repeat(alive ? 1f : 0f, dim)).ToArray(), device: device);
        return new GroupedQueryAttention(
            spec,
            config,
            attention.Norm.detach().clone().DetachFromDisposeScope(),
            attention.Qkv.index_select(0, rows).DetachFromDisposeScope(),
            (attention.Output.index_select(1, tensor(queryRows, device: device)) * mask).DetachFromDisposeScope(),
            attention.QkvBias?.index_select(0, rows).DetachFromDisposeScope(),
            attention.OutputBias?.detach().clone().DetachFromDisposeScope(),
            attention.QNorm?.detach().clone().DetachFromDisposeScope(),
            attention.KNorm?.detach().clone().DetachFromDisposeScope());
    }

    /// <summary>
    /// Solves the output projection anew for the heads that the child has. It stays as it is where that is better in most held-out
    /// windows: a gain that comes from one odd window is lost on other text.
    /// </summary>
    public static StartResult Refit(GroupedQueryAttention child, SubblockStatistics statistics)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var plain = statistics.HeldOutErrors(child);
        using var before = child.Output.clone();
        using var grams = statistics.Gather(child.Norm, n => child.Heads(n, statistics.Context, statistics.Layer), child.OutputBias);
        var (output, error) = LeastSquares.Fit(grams.Fit, grams.Held, child.Output);
        child.Output.copy_(output);
        if (2 * statistics.HeldOutErrors(child).Zip(plain).Count(pair => pair.First.Error < pair.Second.Error) >= plain.Count)
            return new(child, error);
        child.Output.copy_(before);
        return new(child, plain.Sum(window => window.Error) / Math.Max(1e-30, plain.Sum(window => window.Power)));
    }

    private static long[] Rows(IEnumerable<int> heads, int dim) => [.. heads.SelectMany(head => Enumerable.Range(0, dim).Select(i => (long)head * dim + i))];
}
