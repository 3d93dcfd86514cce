using Puzzle.Core.Initialisation;
using static TorchSharp.torch;

namespace Puzzle.Core.Variants.GroupedQuery;

/// <summary>
/// The paper's start (appendix A): each child KV head is the mean of the parent's heads that merge into it; biases the
/// same way; Q and O untouched, or, with <c>refit</c>, O solved anew. With the parent's KV heads it is a copy (a window).
/// </summary>
public sealed class MeanPoolStart(bool refit = false) : IStart
{
    /// <inheritdoc/>
    public string Name => refit ? "mean_pool_refit" : "mean_pool";

    /// <inheritdoc/>
    public bool Applies(SubblockSpec spec, Subblock parent) => spec is GroupedQuerySpec && parent is GroupedQueryAttention;

    /// <inheritdoc/>
    public StartResult Start(SubblockSpec spec, Subblock parent, SubblockStatistics statistics)
    {
        var (child, attention, config) = ((GroupedQuerySpec)spec, (GroupedQueryAttention)parent, statistics.Config);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var pooled = new GroupedQueryAttention(
            child,
            config,
            attention.Norm.detach().clone().DetachFromDisposeScope(),
            Pool(attention.Qkv).DetachFromDisposeScope(),
            attention.Output.detach().clone().DetachFromDisposeScope(),
            attention.QkvBias is null ? null : Pool(attention.QkvBias).DetachFromDisposeScope(),
            attention.OutputBias?.detach().clone().DetachFromDisposeScope(),
            attention.QNorm?.detach().clone().DetachFromDisposeScope(),
            attention.KNorm?.detach().clone().DetachFromDisposeScope());
        return refit ? KvHeads.Refit(pooled, statistics) : new(pooled);

        Tensor Pool(Tensor qkv)
        {
            var (full, dim) = (attention.GroupedQuery.KvHeads, config.HeadDim);
            var q = qkv.narrow(0, 0, (long)config.Heads * dim);
            var kv = qkv.narrow(0, (long)config.Heads * dim, 2L * full * dim);
            var means = kv.view([2, child.KvHeads, full / child.KvHeads, dim, .. qkv.shape.Skip(1)]).mean([2]);
            return cat([q, means.reshape([2L * child.KvHeads * dim, .. qkv.shape.Skip(1)])]);
        }
    }
}
