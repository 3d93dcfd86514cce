using Puzzle.Core.Models;
using static TorchSharp.torch;

namespace Puzzle.Evaluation.Comparison;

// W windows, T tokens of a window, D hidden, V vocabulary, C tokens of a chunk

/// <summary>How far a child's next-token distributions are from the parent's on held-out text, and how well each predicts it.</summary>
public sealed record Divergence
{
    // Logits of so many numbers at a time and model: 64 MiB in float32.
    private const long LogitsOfAChunk = 16L << 20;

    /// <summary>Mean over all positions of KL(parent || child), nats.</summary>
    public required double Kl { get; init; }

    /// <summary>Standard error of <see cref="Kl"/> over windows; null for a single one.</summary>
    public required double? KlStdErr { get; init; }

    /// <summary>Part of the positions where both have the same most likely token.</summary>
    public required double TopAgreement { get; init; }

    /// <summary>Mean cross-entropy of the next token under the parent, nats.</summary>
    public required double ParentLoss { get; init; }

    public required double ChildLoss { get; init; }

    /// <summary>Part of the next tokens that are the parent's most likely one.</summary>
    public required double ParentTop { get; init; }

    public required double ChildTop { get; init; }

    /// <summary>Positions compared.</summary>
    public required int Tokens { get; init; }

    public double ParentPerplexity => Math.Exp(ParentLoss);

    public double ChildPerplexity => Math.Exp(ChildLoss);

    /// <summary>Compares two models on a text in windows, each alone from position 0.</summary>
    /// <param name="ids">
    /// The text's tokens without special ones: consecutive windows, then one more id, the target of the last position (the
    /// text's next token, or EOS at its end). A last piece shorter than a window is left out.
    /// </param>
    /// <param name="window">Tokens of a window.</param>
    /// <param name="batchSize">Windows of one forward pass.</param>
    /// <exception cref="ArgumentException">Fewer ids than a window and its target.</exception>
    public static Divergence Between(Transformer parent, Transformer child, ReadOnlySpan<int> ids, int window = 256, int batchSize = 8, CancellationToken cancellation = default)
    {
        var windows = (ids.Length - 1) / window;
        if (windows < 1)
            throw new ArgumentException($"{ids.Length} ids; a window of {window} and its last target need {window + 1}");
        var all = new long[(windows * window) + 1];
        for (var i = 0; i < all.Length; i++)
            all[i] = ids[i];
        var sums = new Sums(windows);
        using var noGrad = inference_mode();
        for (var first = 0; first < windows; first += batchSize)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var count = Math.Min(batchSize, windows - first);
            var ids_WT = tensor(all.AsSpan(first * window, count * window).ToArray(), [count, window], device: parent.Device);
            var targets = tensor(all.AsSpan((first * window) + 1, count * window).ToArray(), device: parent.Device);
            sums.Add(parent, child, parent.Hidden(ids_WT).flatten(0, 1), child.Hidden(ids_WT).flatten(0, 1), targets, first, window);
        }

        return sums.Result(window);
    }

    private sealed class Sums(int windows)
    {
        private readonly double[] _kl = new double[windows];
        private double _parentLoss;
        private double _childLoss;
        private double _agreed;
        private double _parentTop;
        private double _childTop;

        public void Add(Transformer parent, Transformer child, Tensor parentHidden, Tensor childHidden, Tensor targets, int firstWindow, int window)
        {
            var tokens = targets.shape[0];
            var chunk = Math.Max(1, LogitsOfAChunk / parent.Config.VocabSize);
            for (long first = 0; first < tokens; first += chunk)
            {
                using var scope = NewDisposeScope();
                var count = Math.Min(chunk, tokens - first);
                var target = targets.narrow(0, first, count);
                var p = nn.functional.log_softmax(parent.Logits(parentHidden.narrow(0, first, count)), -1);
                var q = nn.functional.log_softmax(child.Logits(childHidden.narrow(0, first, count)), -1);
                var (parentBest, childBest) = (p.argmax(1), q.argmax(1));
                _agreed += Count(parentBest.eq(childBest));
                _parentTop += Count(parentBest.eq(target));
                _childTop += Count(childBest.eq(target));
                _parentLoss -= p.gather(1, target.unsqueeze(1)).sum(ScalarType.Float64).item<double>();
                _childLoss -= q.gather(1, target.unsqueeze(1)).sum(ScalarType.Float64).item<double>();
                var kl_C = (p.exp() * (p - q)).sum(1).cpu().data<float>();
                var at = first;
                foreach (var value in kl_C)
                    _kl[firstWindow + (int)(at++ / window)] += value;
            }
        }

        public Divergence Result(int window)
        {
            var tokens = windows * window;
            var means = _kl.Select(sum => sum / window).ToArray();
            var mean = means.Average();
            return new Divergence
            {
                Kl = mean,
                KlStdErr = windows < 2 ? null : Math.Sqrt(means.Sum(value => (value - mean) * (value - mean)) / (windows - 1) / windows),
                TopAgreement = _agreed / tokens,
                ParentLoss = _parentLoss / tokens,
                ChildLoss = _childLoss / tokens,
                ParentTop = _parentTop / tokens,
                ChildTop = _childTop / tokens,
                Tokens = tokens,
            };
        }

        private static double Count(Tensor truths) => truths.sum().item<long>();
    }
}
