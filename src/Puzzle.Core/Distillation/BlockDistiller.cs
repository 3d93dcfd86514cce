using Puzzle.Core.Initialisation;
using Puzzle.Core.Models;
using Puzzle.Core.Variants;
using static TorchSharp.torch;

namespace Puzzle.Core.Distillation;

// W windows, T tokens a window, D hidden

/// <summary>
/// Blockwise local distillation (paper section 3): the variants of one layer, each on the parent's activations against the
/// parent's output, loss MSE(o_p, o_c) / MSE(o_p, 0). All variants of a layer share one read of its inputs.
/// </summary>
public static class BlockDistiller
{
    /// <summary>Trains the variants of the layer at which the activations stand, in place, decoupled from one another.</summary>
    /// <param name="parent">The parent; frozen.</param>
    /// <param name="activations">Training windows; the last eighth is held out to judge by.</param>
    /// <param name="variants">Variants of this layer.</param>
    /// <param name="options">Loss and schedule.</param>
    /// <param name="progress">Called after each step with the step and the mean loss.</param>
    /// <param name="cancellation">Stops between steps.</param>
    /// <returns>What became of each, in order.</returns>
    public static IReadOnlyList<DistilledVariant> Distill(Transformer parent, ParentActivations activations, IReadOnlyList<StartedVariant> variants, DistillOptions options, Action<long, long, double>? progress = null, CancellationToken cancellation = default)
    {
        var windows = activations.Input_WTD.shape[0];
        var held = Math.Max(1, windows / 8);
        var train = Math.Max(1, windows - held);
        var batch = (int)Math.Min(options.BatchWindows, train);
        var steps = Math.Max(1, options.Tokens / (batch * activations.Input_WTD.shape[1]));
        using var frame = new DistillFrame(parent, activations, options.PerToken, options.BlockTarget);
        var before = variants.Select(variant => frame.Loss(variant.Subblock, train, windows - train)).ToArray();
        var starts = variants.Select(variant => variant.Subblock.Clone()).ToArray();
        var trained = Enumerable.Range(0, variants.Count).Where(i => before[i] > options.GoodEnough && variants[i].Subblock.Parameters.Count > 0).ToArray();
        var optimisers = trained.Select(i => Optimiser(variants[i].Subblock, options)).ToArray();
        var rate = new LearningRate(options.LearningRate, options.LearningRate * options.FinalRate, options.WarmupFraction);
        for (long step = 0; step < steps && trained.Length > 0; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var first = step * batch % train;
            var count = Math.Min(batch, train - first);
            var losses = trained.Select(i => frame.LossTensor(variants[i].Subblock, first, count)).ToArray();
            var total = stack(losses).sum();
            total.backward();
            foreach (var optimiser in optimisers)
                optimiser.Step(rate.At(step, steps));
            if (progress is not null)
                progress(step + 1, steps, total.item<float>() / trained.Length);
        }

        foreach (var optimiser in optimisers)
            optimiser.Dispose();
        return [.. variants.Select((variant, i) => Finish(variant, starts[i], before[i], trained.Contains(i), frame, train, windows - train))];
    }

    private static AdamW Optimiser(Subblock subblock, DistillOptions options)
    {
        subblock.RequireGrad(true);
        return new AdamW(subblock.Parameters, weightDecay: options.WeightDecay, clipNorm: options.ClipNorm);
    }

    // A child that training made worse on held-out windows goes back to its start.
    private static DistilledVariant Finish(StartedVariant variant, Subblock start, double before, bool wasTrained, DistillFrame frame, long first, long count)
    {
        variant.Subblock.RequireGrad(false);
        var after = wasTrained ? frame.Loss(variant.Subblock, first, count) : before;
        if (after <= before)
        {
            start.Dispose();
            return new DistilledVariant(variant, variant.Subblock, before, after, wasTrained);
        }

        variant.Subblock.Dispose();
        return new DistilledVariant(variant, start, before, before, wasTrained);
    }
}
