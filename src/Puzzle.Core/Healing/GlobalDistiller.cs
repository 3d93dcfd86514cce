using Puzzle.Core.Data;
using Puzzle.Core.Distillation;
using Puzzle.Core.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Core.Healing;

// B batch, T tokens, D hidden

/// <summary>
/// Global knowledge distillation (paper section 4.3): sum over layers of (1 - cosine) of child and parent hidden states plus
/// KL of the logits. Without a parent it is an ordinary language-model trainer, which is how the shipped parent was made.
/// </summary>
public sealed class GlobalDistiller : IDisposable
{
    private readonly Transformer _child;
    private readonly Transformer? _parent;
    private readonly TokenWindows _data;
    private readonly TokenWindows? _weights;
    private readonly TeacherCache? _cache;
    private readonly HealOptions _options;
    private readonly LearningRate _rate;
    private readonly AdamW _matrices;
    private readonly AdamW _vectors;

    /// <param name="child">Trained in place.</param>
    /// <param name="parent">The teacher, or null to train on the text alone.</param>
    /// <param name="data">Training windows.</param>
    /// <param name="options">The loss and the schedule.</param>
    /// <param name="weights">For each token of <paramref name="data"/> (same length and seed), how much it counts as a target; 0 for padding.</param>
    /// <param name="cache">Where the teacher's hidden states are kept for other children too; null: they are computed in every step.</param>
    public GlobalDistiller(Transformer child, Transformer? parent, TokenWindows data, HealOptions options, TokenWindows? weights = null, TeacherCache? cache = null)
    {
        (_child, _parent, _data, _options, _weights, _cache) = (child, parent, data, options, weights, cache);
        _rate = new LearningRate(options.LearningRate, options.LearningRate * options.FinalRate, options.WarmupFraction);
        child.RequireGrad(true);
        if (!options.TrainEmbeddings)
            child.Embedding.requires_grad = child.Head.requires_grad = false;
        var trained = child.Parameters.Where(parameter => parameter.requires_grad).ToArray();
        _matrices = new AdamW([.. trained.Where(parameter => parameter.dim() > 1)], options.Beta1, options.Beta2, options.WeightDecay, options.ClipNorm);
        _vectors = new AdamW([.. trained.Where(parameter => parameter.dim() == 1)], options.Beta1, options.Beta2, 0, options.ClipNorm);
        Steps = Math.Max(1, options.Tokens / ((long)options.BatchWindows * data.Length));
    }

    /// <summary>Steps in all.</summary>
    public long Steps { get; }

    /// <summary>Steps taken.</summary>
    public long Step { get; private set; }

    /// <summary>Everything but the weights that a resumed run needs: moments under their position.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> State()
    {
        foreach (var (name, optimiser) in new[] { ("matrices", _matrices), ("vectors", _vectors) })
        {
            for (var i = 0; i < optimiser.FirstMoments.Count; i++)
            {
                yield return new($"{name}.{i}.m", optimiser.FirstMoments[i]);
                yield return new($"{name}.{i}.v", optimiser.SecondMoments[i]);
            }
        }
    }

    /// <summary>Goes on after a number of steps; weights and <see cref="State"/> must have been filled in.</summary>
    public void Resume(long step)
    {
        Step = step;
        _matrices.Resume(step);
        _vectors.Resume(step);
    }

    /// <summary>Trains on one batch.</summary>
    public HealStep TrainStep()
    {
        using var scope = NewDisposeScope();
        var first = Step * _options.BatchWindows;
        var whole = CountsOf(first, _options.BatchWindows);
        var size = (_options.BatchWindows + _options.Accumulate - 1) / _options.Accumulate;
        double cosine = 0, kl = 0, lm = 0;
        for (var at = 0; at < _options.BatchWindows; at += size)
        {
            using var part = NewDisposeScope();
            var (total, partCosine, partKl, partLm) = Loss(first + at, Math.Min(size, _options.BatchWindows - at), whole);
            total.backward();
            (cosine, kl, lm) = (cosine + partCosine, kl + partKl, lm + partLm);
        }

        var rate = _rate.At(Step, Steps);
        _matrices.Step(rate);
        _vectors.Step(rate);
        Step++;
        return new HealStep(Step, Steps, cosine, kl, lm, rate, Step * _options.BatchWindows * _data.Length, null);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _matrices.Dispose();
        _vectors.Dispose();
    }

    // How much the tokens of some windows count, as inputs and as targets.
    private (double Inputs, double Targets) CountsOf(long first, int windows)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var inputs = _data.Counts(first, windows)?.sum().item<float>() ?? (double)windows * _data.Length;
        var targets = TargetWeights(first, windows)?.sum().item<float>() ?? (double)windows * (_data.Length - 1);
        return (Math.Max(inputs, 1e-6), Math.Max(targets, 1e-6));
    }

    // What each target counts: a window's last token has none. Null: all alike.
    private Tensor? TargetWeights(long first, int windows)
    {
        var own_BT = _weights is not null ? _weights.Shuffled(first, windows).to(ScalarType.Float32) : _data.Counts(first, windows);
        return own_BT is null ? null : cat([own_BT.narrow(1, 1, own_BT.shape[1] - 1), zeros([windows, 1], ScalarType.Float32)], 1);
    }

    // The losses of some windows of a step, as shares of the whole step's.
    private (Tensor Total, double Cosine, double Kl, double Lm) Loss(long first, int windows, (double Inputs, double Targets) whole)
    {
        var ids_BT = _data.Shuffled(first, windows).to(_child.Device);
        var (batch, tokens) = (ids_BT.shape[0], ids_BT.shape[1]);
        var own = windows == _options.BatchWindows ? whole : CountsOf(first, windows);
        var (inputShare, targetShare) = (own.Inputs / whole.Inputs, own.Targets / whole.Targets);
        var targets_BT = _options.LmWeight == 0 ? null : cat([ids_BT.narrow(1, 1, tokens - 1), full([batch, 1], Held.Number(-100), ScalarType.Int64, ids_BT.device)], 1);
        var weights_BT = targets_BT is null ? null : TargetWeights(first, windows)?.to(ids_BT.device);
        var counts_BT = _data.Counts(first, windows)?.to(ids_BT.device);
        using var context = _child.Begin(batch, tokens);
        var child_BTD = _child.Embed(ids_BT);
        var parent = _parent is null ? null : _cache?.Open(ids_BT) ?? Walk(ids_BT, context);

        // Child and parent walk layer by layer side by side, so that only one pair of hidden states is compared at a time.
        Tensor? cosines = null;
        Tensor? parent_BTD = null;
        for (var layer = 0; layer < _child.Blocks.Count; layer++)
        {
            child_BTD = _child.Blocks[layer].Forward(child_BTD, context, layer);
            if (parent is null || (_options.CosineWeight == 0 && layer < _child.Blocks.Count - 1 && _cache is not null))
                continue;
            parent_BTD = parent(layer);
            if (_options.CosineWeight == 0)
                continue;
            var distance_BT = Held.Number(1) - nn.functional.cosine_similarity(child_BTD, parent_BTD, -1);
            var distance = counts_BT is null ? distance_BT.mean() : (distance_BT * counts_BT).sum() / counts_BT.sum();
            cosines = cosines is null ? distance : cosines + distance;
        }

        Func<long, long, Tensor>? teacher = null;
        if (parent_BTD is not null)
        {
            using var noGrad = no_grad();
            var hidden = _parent!.Normalise(parent_BTD).flatten(0, 1);
            teacher = (first, count) => _parent.Logits(hidden.narrow(0, first, count));
        }

        var (total, kl, lm) = TokenLosses.Compute(_child, _child.Normalise(child_BTD), teacher, targets_BT, weights_BT, _options.KlWeight * inputShare, _options.LmWeight * targetShare, _options.Temperature, counts_BT, _options.ChunkTokens);
        if (cosines is not null)
            total = total + Held.Number(_options.CosineWeight * inputShare) * cosines;
        return (total, (cosines?.item<float>() ?? 0) * inputShare, kl * inputShare, lm * targetShare);
    }

    // The parent's states layer after layer, each asked for once and in order.
    private Func<int, Tensor> Walk(Tensor ids_BT, ForwardContext context)
    {
        using var noGrad = no_grad();
        var parent_BTD = _parent!.Embed(ids_BT);
        return layer =>
        {
            using var off = no_grad();
            using var scope = NewDisposeScope();
            return parent_BTD = _parent.Blocks[layer].Forward(parent_BTD, context, layer).MoveToOuterDisposeScope();
        };
    }
}
