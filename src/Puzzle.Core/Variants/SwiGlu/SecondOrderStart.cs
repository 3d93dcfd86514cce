using System.Runtime.CompilerServices;
using Puzzle.Core.Initialisation;
using static TorchSharp.torch;

namespace Puzzle.Core.Variants.SwiGlu;

/// <summary>
/// Optimal brain surgeon on channels: with the channels S kept and W_down refitted, removing channel j as well raises the
/// squared error by exactly |W_S[:, j]|^2 / [(G_SS + lambda I)^-1]_jj. The cheapest goes, the inverse and W are updated by
/// one rank, until none is left: one nested ranking for all widths.
/// </summary>
public sealed class SecondOrderStart : IStart
{
    private static readonly ConditionalWeakTable<SubblockStatistics, long[]> s_rankings = [];

    /// <inheritdoc/>
    public string Name => "second_order";

    /// <inheritdoc/>
    public bool Applies(SubblockSpec spec, Subblock parent) => spec is SwiGluSpec narrow && parent is SwiGluFeedForward wide && narrow.IntermediateSize < wide.SwiGlu.IntermediateSize;

    /// <inheritdoc/>
    public Subblock Start(SubblockSpec spec, Subblock parent, SubblockStatistics statistics)
    {
        var wide = (SwiGluFeedForward)parent;
        var ranking = s_rankings.GetValue(statistics, s => Rank(Channels.Grams(wide, s).Fit));
        var kept = ranking.Skip(ranking.Length - ((SwiGluSpec)spec).IntermediateSize).Order().ToArray();
        using var indices = tensor(kept);
        return Channels.Keep(wide, indices, statistics, refit: true);
    }

    /// <summary>Channels in the order of their removal.</summary>
    public static long[] Rank(GramMatrices gram)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var count = (int)gram.Features.shape[0];
        var lambda = 1e-4 * gram.Features.diagonal().mean().item<double>() + 1e-30;
        var inverse = linalg.inv(gram.Features + lambda * eye(count, dtype: ScalarType.Float64));
        var weight = gram.Cross.matmul(inverse);
        var removed = zeros(count, ScalarType.Float64);
        var order = new long[count];
        for (var i = 0; i < count; i++)
        {
            using var inner = NewDisposeScope();
            var diagonal = inverse.diagonal().clamp(min: 1e-300);
            var j = ((weight.square().sum(0) / diagonal) + removed).argmin().item<long>();
            order[i] = j;
            // In place: W -= W[:, j] M[j, :] / M_jj and M -= M[:, j] M[j, :] / M_jj.
            var row = inverse.select(0, j).clone();
            var pivot = row[j].item<double>();
            var scaled = row / -pivot;
            weight.addr_(weight.select(1, j).clone(), scaled);
            inverse.addr_(row, scaled);
            removed[j] = double.PositiveInfinity;
        }

        return order;
    }
}
