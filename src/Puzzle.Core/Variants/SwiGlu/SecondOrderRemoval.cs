using Puzzle.Core.Models;
using Puzzle.Core.Initialisation;
using static TorchSharp.torch;

namespace Puzzle.Core.Variants.SwiGlu;

// m channels left, D hidden, S steps of a stretch

/// <summary>
/// Optimal brain surgeon on channels: with the channels S kept and W_down refitted, removing channel j as well raises the
/// squared error by exactly |W_S[:, j]|^2 / [(G_SS + lambda I)^-1]_jj. The cheapest goes, the inverse and W are updated by
/// one rank, until none is left: one nested ranking for all widths.
/// </summary>
public static class SecondOrderRemoval
{
    private const int Stretch = 64;

    /// <summary>Channels in the order of their removal.</summary>
    public static long[] Rank(SwiGluFeedForward wide, SubblockStatistics statistics) => Rank(ChannelStart.Grams(wide, statistics).Fit);

    /// <summary>The same from Gram matrices of the channels.</summary>
    /// <param name="gram">Channels against the subblock's output.</param>
    /// <param name="strength">Lambda as a share of the mean of the diagonal.</param>
    public static long[] Rank(GramMatrices gram, double strength = 1e-4)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var regularised = gram.Features.clone();
        regularised.diagonal().add_(Held.Number(strength * gram.Features.diagonal().mean().item<double>() + 1e-30));
        var inverse_mm = linalg.inv(regularised);
        regularised.Dispose();
        var weight_mD = inverse_mm.matmul(gram.Cross.t()).contiguous();
        var left = Enumerable.Range(0, (int)gram.Features.shape[0]).Select(i => (long)i).ToArray();
        var order = new List<long>(left.Length);
        while (left.Length > 0)
        {
            using var inner = NewDisposeScope();
            var gone = Remove(inverse_mm, weight_mD, Math.Min(Stretch, left.Length));
            order.AddRange(gone.Select(i => left[i]));
            var staying = Enumerable.Range(0, left.Length).Except(gone.Select(i => (int)i)).ToArray();
            left = [.. staying.Select(i => left[i])];
            if (left.Length == 0)
                break;
            var indices = tensor(staying.Select(i => (long)i).ToArray(), device: inverse_mm.device);
            var (smaller_mm, shorter_mD) = (inverse_mm.index_select(0, indices).index_select(1, indices), weight_mD.index_select(0, indices));
            inverse_mm.Dispose();
            weight_mD.Dispose();
            (inverse_mm, weight_mD) = (smaller_mm.MoveToOuterDisposeScope(), shorter_mD.MoveToOuterDisposeScope());
        }

        return [.. order];
    }

    // Takes the cheapest channels out, one after the other. The updates of the two large matrices are put off to the end of the
    // stretch, where they are one product each; what a step needs of the current matrices is worked out from the old ones.
    private static long[] Remove(Tensor inverse_mm, Tensor weight_mD, int steps)
    {
        var m = inverse_mm.shape[0];
        var columns_Sm = zeros([steps, m], ScalarType.Float64, inverse_mm.device);
        var scaled_Sm = zeros_like(columns_Sm);
        var rows_SD = zeros([steps, weight_mD.shape[1]], ScalarType.Float64, inverse_mm.device);
        var diagonal_m = inverse_mm.diagonal().clone();
        var power_m = weight_mD.square().sum(-1);
        var gone_m = zeros(m, ScalarType.Float64, inverse_mm.device);
        var gone = new long[steps];
        for (var step = 0; step < steps; step++)
        {
            using var scope = NewDisposeScope();
            var j = (power_m.clamp(min: Held.Number(0)) / diagonal_m.clamp(min: Held.Number(1e-300)) + gone_m).argmin().item<long>();
            gone[step] = j;
            gone_m[j].fill_(Held.Number(double.PositiveInfinity));
            var (column_m, row_D) = (inverse_mm[j].clone(), weight_mD[j].clone());
            var (before_Sm, scaledBefore_Sm, rowsBefore_SD) = (columns_Sm.narrow(0, 0, step), scaled_Sm.narrow(0, 0, step), rows_SD.narrow(0, 0, step));
            if (step > 0)
            {
                var at_S = scaledBefore_Sm.select(1, j);
                column_m.sub_(at_S.matmul(before_Sm));
                row_D.sub_(at_S.matmul(rowsBefore_SD));
            }

            var share_m = column_m / column_m[j];
            var along_m = weight_mD.matmul(row_D);
            if (step > 0)
                along_m.sub_(rowsBefore_SD.matmul(row_D).matmul(scaledBefore_Sm));
            power_m.sub_(Held.Number(2) * share_m * along_m).add_(share_m.square() * row_D.square().sum());
            diagonal_m.sub_(share_m * column_m);
            columns_Sm[step] = column_m;
            scaled_Sm[step] = share_m;
            rows_SD[step] = row_D;
        }

        inverse_mm.sub_(scaled_Sm.t().matmul(columns_Sm));
        weight_mD.sub_(scaled_Sm.t().matmul(rows_SD));
        return gone;
    }
}
