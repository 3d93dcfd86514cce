using Puzzle.Core.Initialisation;
using Puzzle.Core.Models;
using Puzzle.Core.Variants;
using Puzzle.Core.Variants.SwiGlu;
using static TorchSharp.torch;

namespace Puzzle.Core.Distillation;

/// <summary>The training of all children of one layer: step by step on batches that the caller brings, judged on windows that are held out.</summary>
internal sealed class LayerDistiller : IWindowTrainer, IDisposable
{
    private readonly IReadOnlyList<StartedVariant> _variants;
    private readonly DistillOptions _options;
    private readonly LayerBatch _held;
    private readonly LearningRate _rate;
    private readonly long _steps;
    private readonly Dictionary<SubblockKind, ChildFrame> _frames = [];
    private readonly double[] _before;
    private readonly Dictionary<int, Child> _trained = [];
    private List<ChildGroup> _groups;

    /// <param name="parent">The parent; frozen.</param>
    /// <param name="layer">Which layer.</param>
    /// <param name="context">Positions of a window.</param>
    /// <param name="variants">Its children; trained in place.</param>
    /// <param name="options">Loss and schedule.</param>
    /// <param name="held">Windows to judge by; never trained on.</param>
    /// <param name="steps">Steps in all.</param>
    public LayerDistiller(Transformer parent, int layer, ForwardContext context, IReadOnlyList<StartedVariant> variants, DistillOptions options, LayerBatch held, long steps)
    {
        (_variants, _options, _held, _steps) = (variants, options, held, steps);
        _rate = new LearningRate(options.LearningRate, options.LearningRate * options.FinalRate, options.WarmupFraction);
        _before = new double[variants.Count];
        _groups = [];
        foreach (var kind in Enum.GetValues<SubblockKind>())
        {
            var members = Enumerable.Range(0, variants.Count).Where(i => variants[i].Subblock.Spec.Subblock == kind && variants[i].Subblock.Parameters.Count > 0).ToArray();
            if (members.Length == 0)
                continue;
            var block = parent.Blocks[layer];
            var loss = new ChildLoss(kind, block, layer, options, ChildLoss.Floor(kind, options, held));
            _frames[kind] = new ChildFrame(kind, layer, block[kind].Parameters[0], parent.Config.RmsNormEps, loss, context);
            using (var all = ChildGroup.Of(_frames[kind], [.. members.Select(i => new Child(i, variants[i].Subblock, double.PositiveInfinity))], options with { ElasticWidths = 0 }))
            {
                foreach (var (child, value) in all.Children.Zip(Losses(all, held, train: false)))
                    _before[child.Index] = value;
                Forget(all);
            }

            // Children whose start is good enough are left as they are.
            var worth = members.Where(i => _before[i] > options.GoodEnough).Select(i => new Child(i, variants[i].Subblock, _before[i])).ToArray();
            foreach (var child in worth)
                _trained[child.Index] = child;
            // Widths that share their weights are a group of their own.
            foreach (var group in worth.GroupBy(child => options.ElasticWidths > 0 && child.Subblock is SwiGluFeedForward))
                _groups.Add(ChildGroup.Of(_frames[kind], [.. group], options));
        }
    }

    /// <summary>Steps taken.</summary>
    public long Step { get; private set; }

    /// <summary>Whether anything is still being trained.</summary>
    public bool IsTraining => _groups.Count > 0;

    /// <summary>Trains all children on one batch; the mean of their losses.</summary>
    public double Train(LayerBatch batch)
    {
        var (sum, count) = (0.0, 0);
        foreach (var group in _groups)
        {
            foreach (var loss in Losses(group, batch, train: true).Where(double.IsFinite))
                (sum, count) = (sum + loss, count + 1);
            group.Update(_rate.At(Step, _steps));
        }

        Step++;
        if (Step % _options.EvaluateEvery == 0 || Step == _steps)
            Check();
        return count == 0 ? 0 : sum / count;
    }

    /// <summary>What became of each variant, in order. A child that training made worse on held-out windows has its start's weights.</summary>
    public IReadOnlyList<DistilledVariant> Finish()
    {
        if (IsTraining && Step % _options.EvaluateEvery != 0 && Step != _steps)
            Check();
        return [.. _variants.Select((variant, i) => _trained.TryGetValue(i, out var child)
            ? new DistilledVariant(variant, variant.Subblock, child.Before, child.Best, true)
            : new DistilledVariant(variant, variant.Subblock, _before[i], _before[i], false))];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var group in _groups)
        {
            Forget(group);
            group.Dispose();
        }

        _groups = [];
    }

    private static void Forget(ChildGroup group)
    {
        foreach (var matrix in group.Children.SelectMany(child => child.Matrices))
            matrix.Dispose();
    }

    // The module of a child holds its best weights; a child that does not get better any more leaves its group.
    private void Check()
    {
        for (var g = 0; g < _groups.Count; g++)
        {
            foreach (var (child, loss) in _groups[g].Children.Zip(Losses(_groups[g], _held, train: false)))
            {
                if (child.Judge(loss))
                    _groups[g].Save(child);
            }

            var done = _groups[g].Children.Where(child => _options.Patience > 0 && child.ChecksWithoutGain >= _options.Patience).ToArray();
            if (done.Length > 0 && done.Length < _groups[g].Children.Count)
            {
                _groups[g] = _groups[g].Without(done);
            }
            else if (done.Length > 0)
            {
                Forget(_groups[g]);
                _groups[g].Dispose();
                _groups.RemoveAt(g--);
            }
        }
    }

    // A batch is taken in parts of few tokens, so that what the children compute stays small.
    private double[] Losses(ChildGroup group, LayerBatch batch, bool train)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var frame = _frames[group.Children[0].Subblock.Spec.Subblock];
        var (target, weights, power) = frame.Loss.Of(batch);
        var length = batch.Input_BTD.shape[1];
        var most = Math.Max(1, _options.ChunkTokens / length);
        var parts = Math.Max(train ? _options.Accumulate : 1, (batch.Windows + most - 1) / most);
        var size = Math.Max(1, (batch.Windows + parts - 1) / parts);
        Tensor? total = null;
        for (long first = 0; first < batch.Windows; first += size)
        {
            var count = Math.Min(size, batch.Windows - first);
            var losses = group.Losses(batch.Part(first, count), target.narrow(0, first, count), weights.narrow(0, first, count), power, train);
            total = total is null ? losses : total.add_(losses);
        }

        return [.. total!.cpu().data<float>().ToArray().Select(loss => (double)loss)];
    }
}
