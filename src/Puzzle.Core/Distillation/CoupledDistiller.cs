using Puzzle.Core.Models;
using static TorchSharp.torch;

namespace Puzzle.Core.Distillation;

/// <summary>
/// Coupled blockwise distillation (paper section 3): the two subblocks of a child block are trained together against the parent's
/// block output, so that each makes up for the other. m n trainings a layer instead of m + n: for the few pairs that a
/// search has left. As in <see cref="BlockDistiller"/>, norms and biases stay as they are.
/// </summary>
public static class CoupledDistiller
{
    /// <summary>Trains pairs of the layer at which the activations stand; all read the same batches.</summary>
    /// <param name="activations">Training windows; the last eighth is held out to judge by.</param>
    /// <param name="pairs">Blocks of this layer.</param>
    /// <param name="options">Loss and schedule; the target is the block's output whatever they say.</param>
    /// <param name="cancellation">Stops between steps.</param>
    public static IReadOnlyList<CoupledResult> Distill(ParentActivations activations, IReadOnlyList<CoupledPair> pairs, DistillOptions options, CancellationToken cancellation = default)
    {
        using var scope = NewDisposeScope();
        var all = WindowPasses.Of(activations);
        var plan = WindowPasses.Plan(all, options);
        var distiller = new PairDistiller(activations.Layer, activations.Context, pairs, options, plan.Held, plan.Steps);
        WindowPasses.Run(distiller, all, plan, null, cancellation);
        return distiller.Finish();
    }

    /// <summary>Trains pairs of the layer at which the stream stands: every window is taken once, in order.</summary>
    /// <param name="stream">The last <paramref name="held"/> windows are held out to judge by, the others are trained on.</param>
    /// <param name="held">See above.</param>
    /// <param name="pairs">Blocks of this layer.</param>
    /// <param name="options">Loss and schedule; the number of tokens is the stream's, the target the block's output.</param>
    /// <param name="progress">Called after each step with the step and the mean loss.</param>
    /// <param name="cancellation">Stops between steps.</param>
    public static IReadOnlyList<CoupledResult> Distill(ParentStream stream, long held, IReadOnlyList<CoupledPair> pairs, DistillOptions options, Action<long, long, double>? progress = null, CancellationToken cancellation = default)
    {
        using var scope = NewDisposeScope();
        var plan = WindowPasses.Plan(stream, held, options);
        var distiller = new PairDistiller(stream.Layer, stream.Context, pairs, options, stream.Take(plan.Train, held), plan.Steps);
        WindowPasses.Run(distiller, stream, plan, progress, cancellation);
        return distiller.Finish();
    }
}
