using Puzzle.Core.Initialisation;
using Puzzle.Core.Models;
using Puzzle.Core.Variants;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Core.Distillation;

// B windows, T tokens, D hidden

/// <summary>The coupled training of the pairs of one layer: step by step on batches that the caller brings, judged on windows that are held out.</summary>
internal sealed class PairDistiller : IWindowTrainer
{
    private readonly int _layer;
    private readonly ForwardContext _context;
    private readonly DistillOptions _options;
    private readonly LayerBatch _held;
    private readonly LearningRate _rate;
    private readonly long _steps;
    private readonly double _floor;
    private readonly Training[] _trainings;
    private long _step;

    /// <param name="layer">Which layer.</param>
    /// <param name="context">Positions of a window.</param>
    /// <param name="pairs">Its blocks; trained in place.</param>
    /// <param name="options">Loss and schedule.</param>
    /// <param name="held">Windows to judge by; never trained on.</param>
    /// <param name="steps">Steps in all.</param>
    public PairDistiller(int layer, ForwardContext context, IReadOnlyList<CoupledPair> pairs, DistillOptions options, LayerBatch held, long steps)
    {
        (_layer, _context, _options, _held, _steps) = (layer, context, options, held, steps);
        _floor = ChildLoss.Floor(SubblockKind.Attention, options with { BlockTarget = true }, held);
        _rate = new LearningRate(options.LearningRate, options.LearningRate * options.FinalRate, options.WarmupFraction);
        _trainings = [.. pairs.Select(pair => new Training(pair, options, Loss(pair, held, train: false)))];
    }

    /// <summary>Whether anything is still being trained.</summary>
    public bool IsTraining => _trainings.Any(training => !training.IsDone);

    /// <summary>Trains all pairs on one batch; the mean of their losses.</summary>
    public double Train(LayerBatch batch)
    {
        var losses = new List<double>();
        var look = (_step + 1) % _options.EvaluateEvery == 0 || _step + 1 == _steps;
        foreach (var training in _trainings.Where(training => !training.IsDone))
        {
            losses.Add(Loss(training.Pair, batch, train: true));
            training.Optimiser.Step(_rate.At(_step, _steps));
            if (look)
                training.Judge(Loss(training.Pair, _held, train: false));
        }

        _step++;
        return losses.Count == 0 ? 0 : losses.Average();
    }

    /// <summary>What became of each pair, in order. One that training made worse on held-out windows has its start's weights.</summary>
    public IReadOnlyList<CoupledResult> Finish() => [.. _trainings.Select(training => training.Finish())];

    // A batch is taken in parts of few tokens, so that what is kept for the way back stays small.
    private double Loss(CoupledPair pair, LayerBatch batch, bool train)
    {
        using var scope = NewDisposeScope();
        using var gradients = set_grad_enabled(train);
        Tensor weights_BT1;
        double power;
        using (no_grad())
        {
            weights_BT1 = TokenWeights.Of(batch.Output_BTD, _options.PerToken, batch.Counts_BT, _floor);
            power = Math.Max(1e-20, (batch.Output_BTD.square() * weights_BT1).sum(ScalarType.Float64).item<double>());
        }

        var most = Math.Max(1, _options.ChunkTokens / batch.Input_BTD.shape[1]);
        var parts = Math.Max(train ? _options.Accumulate : 1, (batch.Windows + most - 1) / most);
        var size = Math.Max(1, (batch.Windows + parts - 1) / parts);
        double total = 0;
        for (long first = 0; first < batch.Windows; first += size)
        {
            using var inner = NewDisposeScope();
            var part = batch.Part(first, Math.Min(size, batch.Windows - first));
            var error_BTD = Add(Add(part.Input_BTD, pair.Attention), pair.FeedForward) - part.Output_BTD;
            var loss = (error_BTD.square() * weights_BT1.narrow(0, first, part.Windows)).sum() / Held.Number(power);
            if (train)
                loss.backward();
            total += loss.item<float>();
        }

        return total;
    }

    private Tensor Add(Tensor x_BTD, Subblock subblock) => subblock.Delta(x_BTD, _context, _layer) is { } delta ? x_BTD + delta : x_BTD;

    private sealed class Training
    {
        private readonly Tensor[] _trained;
        private readonly double _before;
        private readonly int _patience;
        private Tensor[] _best;
        private double _lowest;
        private int _withoutGain;

        public Training(CoupledPair pair, DistillOptions options, double before)
        {
            (Pair, _before, _lowest, _patience) = (pair, before, before, options.Patience);
            // A pair whose start is good enough is left as it is.
            _trained = before <= options.GoodEnough ? [] : [.. Matrices(pair.Attention, pair.TrainAttention), .. Matrices(pair.FeedForward, pair.TrainFeedForward)];
            foreach (var matrix in _trained)
                matrix.requires_grad = true;
            _best = Copies();
            Optimiser = new AdamW(_trained, options.Beta1, options.Beta2, options.WeightDecay, options.ClipNorm);
        }

        public CoupledPair Pair { get; }

        public AdamW Optimiser { get; }

        public bool IsDone => _trained.Length == 0 || (_patience > 0 && _withoutGain >= _patience);

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
            return new CoupledResult(Pair, _before, _lowest, _trained.Length > 0);
        }

        private static IEnumerable<Tensor> Matrices(Subblock subblock, bool train) => train ? subblock.Parameters.Where(parameter => parameter.dim() > 1) : [];

        private Tensor[] Copies() => [.. _trained.Select(matrix => matrix.detach().clone().DetachFromDisposeScope())];
    }
}
