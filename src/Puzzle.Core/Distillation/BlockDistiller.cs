using Puzzle.Core.Initialisation;
using Puzzle.Core.Models;
using static TorchSharp.torch;

namespace Puzzle.Core.Distillation;

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
        using var scope = NewDisposeScope();
        var all = WindowPasses.Of(activations);
        var plan = WindowPasses.Plan(all, options);
        using var distiller = new LayerDistiller(parent, activations.Layer, activations.Context, variants, options, plan.Held, plan.Steps);
        WindowPasses.Run(distiller, all, plan, progress, cancellation);
        return distiller.Finish();
    }

    /// <summary>Trains the variants of the layer at which the stream stands, in place: every window is taken once, in order.</summary>
    /// <param name="parent">The parent; frozen.</param>
    /// <param name="stream">The last <paramref name="held"/> windows are held out to judge by, the others are trained on.</param>
    /// <param name="held">See above.</param>
    /// <param name="variants">Variants of this layer.</param>
    /// <param name="options">Loss and schedule; the number of tokens is the stream's.</param>
    /// <param name="progress">Called after each step with the step and the mean loss.</param>
    /// <param name="cancellation">Stops between steps.</param>
    /// <returns>What became of each, in order.</returns>
    public static IReadOnlyList<DistilledVariant> Distill(Transformer parent, ParentStream stream, long held, IReadOnlyList<StartedVariant> variants, DistillOptions options, Action<long, long, double>? progress = null, CancellationToken cancellation = default)
    {
        using var scope = NewDisposeScope();
        var plan = WindowPasses.Plan(stream, held, options);
        using var distiller = new LayerDistiller(parent, stream.Layer, stream.Context, variants, options, stream.Take(plan.Train, held), plan.Steps);
        WindowPasses.Run(distiller, stream, plan, progress, cancellation);
        return distiller.Finish();
    }
}
