using Puzzle.Core.Models;
using Puzzle.Core.Initialisation;
using static TorchSharp.torch;

namespace Puzzle.Core.Variants.SwiGlu;

// N tokens, D hidden, F channels

/// <summary>
/// Channels are removed a few a calibration batch; what a channel contributes is the distance to the full output if it went
/// as well as those that are gone: sqrt(|s|^2 + 2 z_i (s . w_i) + z_i^2 |w_i|^2), s being what is missing already. So channels
/// that cancel or double each other are seen once their partners are gone. All are removed in the end: a nested ranking.
/// </summary>
public static class IterativeContribution
{
    private const int Batches = 16;

    /// <summary>Channels in the order of their removal.</summary>
    public static long[] Rank(SwiGluFeedForward wide, SubblockStatistics statistics)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var channels = (int)wide.Down.shape[1];
        var count = Math.Min(Batches, statistics.Fit.Count);
        var schedule = Schedule(channels, count);
        var norms_F = wide.Down.square().sum([0]);
        var kept_F = ones_like(norms_F, requires_grad: false);
        var contribution_F = zeros_like(norms_F, requires_grad: false);
        var order = new List<long>(channels);
        for (var batch = 0; batch < count; batch++)
        {
            using var inner = NewDisposeScope();
            var first = statistics.Fit.Count * batch / count;
            var windows = (statistics.Fit.First + first, statistics.Fit.Count * (batch + 1) / count - first);
            var z_NF = wide.Activations(statistics.Normalised(wide.Norm, windows)).flatten(0, 1);
            var missing_ND = (z_NF * (Held.Number(1) - kept_F)).matmul(wide.Down.t());
            var squares_NF = missing_ND.matmul(wide.Down).mul_(Held.Number(2)).addcmul_(z_NF, norms_F.unsqueeze(0), Held.Number(1)).mul_(z_NF);
            squares_NF.add_(missing_ND.square().sum(-1, keepdim: true)).add_(Held.Number(1e-8));
            contribution_F.add_(squares_NF.clamp_(min: Held.Number(0)).sqrt_().mean([0]));
            if (schedule[batch] == 0)
                continue;
            var open_F = contribution_F.masked_fill(kept_F.eq(Held.Number(0)), Held.Number(double.PositiveInfinity));
            var gone = open_F.argsort(dim: 0).narrow(0, 0, schedule[batch]);
            kept_F.index_fill_(0, gone, Held.Number(0));
            contribution_F.zero_();
            order.AddRange(gone.cpu().data<long>().ToArray());
        }

        return [.. order];
    }

    /// <summary>How many channels go after each batch: even, the early batches one more; with fewer channels than batches, the k-th one after batch k * batches / channels.</summary>
    public static int[] Schedule(int channels, int batches)
    {
        var schedule = new int[batches];
        if (channels >= batches)
        {
            for (var batch = 0; batch < batches; batch++)
                schedule[batch] = channels / batches + (batch < channels % batches ? 1 : 0);
            return schedule;
        }

        for (var removal = 1; removal <= channels; removal++)
            schedule[(int)((long)removal * batches / channels) - 1] = 1;
        return schedule;
    }
}
