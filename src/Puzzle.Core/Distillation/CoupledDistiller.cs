using Puzzle.Core.Initialisation;
using Puzzle.Core.Models;
using Puzzle.Core.Variants;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Core.Distillation;

// B windows, T tokens, D hidden

/// <summary>
/// Coupled blockwise distillation (paper section 3): the two subblocks of a child block are trained together against the parent's
/// block output, so that each makes up for the other. m n trainings a layer instead of m + n: for the few pairs that a
/// search has left.
/// </summary>
public static class CoupledDistiller
{
    /// <summary>Trains pairs of the layer at which the activations stand; all read the same batches.</summary>
    /// <param name="activations">Training windows; the last eighth is held out to judge by.</param>
    /// <param name="pairs">Blocks of this layer. As in <see cref="BlockDistiller"/>, norms and biases stay as they are.</param>
    /// <param name="options">Loss and schedule; the target is the block's output whatever they say.</param>
    /// <param name="cancellation">Stops between steps.</param>
    public static IReadOnlyList<CoupledResult> Distill(ParentActivations activations, IReadOnlyList<CoupledPair> pairs, DistillOptions options, CancellationToken cancellation = default)
    {
        using var scope = NewDisposeScope();
        var all = new LayerBatch(activations.Input_WTD, activations.AfterAttention_WTD, activations.Output_WTD, activations.Counts_WT);
        var held = Math.Max(1, all.Windows / 8);
        var train = Math.Max(1, all.Windows - held);
        var batch = Math.Min(options.BatchWindows, train);
        var steps = Math.Max(1, options.Tokens / (batch * all.Input_BTD.shape[1]));
        var judged = all.Part(all.Windows - held, held);
        options = options with { BlockTarget = true };
        var floor = ChildLoss.Floor(SubblockKind.Attention, options, judged);
        var rate = new LearningRate(options.LearningRate, options.LearningRate * options.FinalRate, options.WarmupFraction);
        var runs = pairs.Select(pair => new Training(pair, options, Value(pair, judged))).ToArray();
        for (long step = 0; step < steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var inner = NewDisposeScope();
            var first = step * batch % train;
            var windows = all.Part(first, Math.Min(batch, train - first));
            foreach (var run in runs.Where(run => !run.IsDone(options.Patience)))
            {
                Loss(run.Pair, windows).backward();
                run.Optimiser.Step(rate.At(step, steps));
                if ((step + 1) % options.EvaluateEvery == 0 || step + 1 == steps)
                    run.Judge(Value(run.Pair, judged));
            }
        }

        return [.. runs.Select(run => run.Finish())];

        double Value(CoupledPair pair, LayerBatch windows)
        {
            using var inner = NewDisposeScope();
            using var noGrad = no_grad();
            return Loss(pair, windows).item<float>();
        }

        Tensor Loss(CoupledPair pair, LayerBatch windows)
        {
            var weights_BT1 = TokenWeights.Of(windows.Output_BTD, options.PerToken, windows.Counts_BT, floor);
            var x_BTD = Add(windows.Input_BTD, pair.Attention);
            var error_BTD = Add(x_BTD, pair.FeedForward) - windows.Output_BTD;
            return (error_BTD.square() * weights_BT1).sum() / (windows.Output_BTD.square() * weights_BT1).sum().clamp(min: Held.Number(1e-20));
        }

        Tensor Add(Tensor x_BTD, Subblock subblock) => subblock.Delta(x_BTD, activations.Context, activations.Layer) is { } delta ? x_BTD + delta : x_BTD;
    }

    private sealed class Training
    {
        private readonly Tensor[] _trained;
        private readonly double _before;
        private Tensor[] _best;
        private double _lowest;
        private int _withoutGain;

        public Training(CoupledPair pair, DistillOptions options, double before)
        {
            (Pair, _before, _lowest) = (pair, before, before);
            _trained = [.. Matrices(pair.Attention, pair.TrainAttention), .. Matrices(pair.FeedForward, pair.TrainFeedForward)];
            foreach (var matrix in _trained)
                matrix.requires_grad = true;
            _best = Copies();
            Optimiser = new AdamW(_trained, options.Beta1, options.Beta2, options.WeightDecay, options.ClipNorm);
        }

        public CoupledPair Pair { get; }

        public AdamW Optimiser { get; }

        public bool IsDone(int patience) => _trained.Length == 0 || (patience > 0 && _withoutGain >= patience);

        public void Judge(double loss)
        {
            _withoutGain++;
            if (!(loss < _lowest))
                return;
            foreach (var old in _best)
                old.Dispose();
            (_lowest, _best, _withoutGain) = (loss, Copies(), 0);
        }

        public CoupledResult Finish()
        {
            using var noGrad = no_grad();
            foreach (var (matrix, best) in _trained.Zip(_best))
            {
                matrix.requires_grad = false;
                matrix.copy_(best);
                best.Dispose();
            }

            Optimiser.Dispose();
            return new CoupledResult(Pair, _before, _lowest);
        }

        private static IEnumerable<Tensor> Matrices(Subblock subblock, bool train) => train ? subblock.Parameters.Where(parameter => parameter.dim() > 1) : [];

        private Tensor[] Copies() => [.. _trained.Select(matrix => matrix.detach().clone().DetachFromDisposeScope())];
    }
}
