using Puzzle.Core.Initialisation;
using Puzzle.Core.Variants.GroupedQuery;
using Puzzle.Core.Variants.SwiGlu;
using static TorchSharp.torch;

namespace Puzzle.Core.Variants.Linear;

/// <summary>The paper's start (appendix A): W_o W_v with V heads repeated to the query heads, or W_down W_up; the gate is ignored.</summary>
public sealed class ProductStart : IStart
{
    /// <inheritdoc/>
    public string Name => "product";

    /// <inheritdoc/>
    public bool Applies(SubblockSpec spec, Subblock parent) => parent is GroupedQueryAttention or SwiGluFeedForward;

    /// <inheritdoc/>
    public StartResult Start(SubblockSpec spec, Subblock parent, SubblockStatistics statistics)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (norm, weight) = parent switch
        {
            GroupedQueryAttention attention => (attention.Norm, attention.Output.matmul(RepeatedValues(attention, statistics))),
            SwiGluFeedForward swiGlu => (swiGlu.Norm, swiGlu.Down.matmul(swiGlu.GateUp.narrow(0, swiGlu.Down.shape[1], swiGlu.Down.shape[1]))),
            _ => throw new ArgumentException($"no product of {parent.Spec}"),
        };
        return new(new LinearSubblock(spec.Subblock, statistics.Config.RmsNormEps, norm.detach().clone().DetachFromDisposeScope(), weight.DetachFromDisposeScope()));
    }

    // [K H, D] to [N H, D]: query head n reads V head n / (N / K).
    private static Tensor RepeatedValues(GroupedQueryAttention attention, SubblockStatistics statistics)
    {
        var (kv, dim, heads) = (attention.GroupedQuery.KvHeads, statistics.Config.HeadDim, statistics.Config.Heads);
        var values = attention.Qkv.narrow(0, (long)(heads + kv) * dim, (long)kv * dim);
        return values.view(kv, dim, -1).repeat_interleave(heads / kv, 0).reshape(heads * dim, -1);
    }
}
