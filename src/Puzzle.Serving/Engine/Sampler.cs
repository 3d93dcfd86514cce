using Puzzle.Serving.Kernels;

namespace Puzzle.Serving.Engine;

/// <summary>
/// Draws tokens for one sequence. The order is the usual one: repetition penalty, temperature, top-k, top-p, min-p, draw. Top-p
/// and min-p look at the probabilities that are left and scaled anew after the step before.
/// </summary>
public sealed class Sampler
{
    private static readonly Comparer<(float Logit, int Id)> s_leastLikelyFirst = Comparer<(float Logit, int Id)>.Create(
        (a, b) => a.Logit != b.Logit ? a.Logit.CompareTo(b.Logit) : b.Id.CompareTo(a.Id));

    private readonly SamplingOptions _options;
    private readonly HashSet<int> _seen = [];
    private ulong _state;
    private float[] _weights = [];

    public Sampler(SamplingOptions options)
    {
        options.Check();
        (_options, _state) = (options, options.Seed);
    }

    /// <summary>Tells of tokens that the repetition penalty counts.</summary>
    public void See(ReadOnlySpan<int> ids)
    {
        if (_options.RepetitionPenalty == 1)
            return;
        foreach (var id in ids)
            _seen.Add(id);
    }

    /// <summary>The next token. Changes the logits.</summary>
    public int Next(Span<float> logits)
    {
        foreach (var id in _seen)
            logits[id] = logits[id] > 0 ? (float)(logits[id] / _options.RepetitionPenalty) : (float)(logits[id] * _options.RepetitionPenalty);
        var best = VectorMath.IndexOfLargest(logits);
        if (_options.Temperature == 0)
            return best;
        var total = Weigh(logits, logits[best]);
        if (_options is { TopK: 0, TopP: 1, MinP: 0 })
        {
            var draw = NextDouble() * total;
            for (var id = 0; id < logits.Length; id++)
            {
                draw -= _weights[id];
                if (draw < 0)
                    return id;
            }

            return best;
        }

        var kept = Keep(logits, total);
        var share = NextDouble() * kept.Sum(id => (double)_weights[id]);
        foreach (var id in kept)
        {
            share -= _weights[id];
            if (share < 0)
                return id;
        }

        return kept[^1];
    }

    // Weights of the soft-max relative to the most likely token, whose weight is 1. Returns their sum.
    private double Weigh(ReadOnlySpan<float> logits, float largest)
    {
        if (_weights.Length < logits.Length)
            _weights = new float[logits.Length];
        var weights = _weights.AsSpan(0, logits.Length);
        VectorMath.SoftmaxWeights(logits, largest, (float)(1 / _options.Temperature), weights);
        var total = 0.0;
        foreach (var weight in weights)
            total += weight;
        return total;
    }

    // Ids that the filters leave, the most likely first. Without top-k as many are put in order as top-p and min-p ask for.
    private List<int> Keep(ReadOnlySpan<float> logits, double total)
    {
        for (var most = _options.TopK > 0 ? _options.TopK : 64; ; most *= 8)
        {
            var ids = MostLikely(logits, Math.Min(most, logits.Length));
            if (_options.TopK > 0)
                total = ids.Sum(id => (double)_weights[id]);
            var (count, sum) = (0, 0.0);
            while (count < ids.Length && sum < _options.TopP * total && (count == 0 || _weights[ids[count]] >= _options.MinP))
                sum += _weights[ids[count++]];
            if (count < ids.Length || most >= logits.Length || _options.TopK > 0)
                return [.. ids.Take(Math.Max(1, count))];
        }
    }

    private static int[] MostLikely(ReadOnlySpan<float> logits, int count)
    {
        // The least likely of those kept stands in front.
        var kept = new PriorityQueue<int, (float Logit, int Id)>(count, s_leastLikelyFirst);
        for (var id = 0; id < logits.Length; id++)
        {
            if (kept.Count < count)
            {
                kept.Enqueue(id, (logits[id], id));
                continue;
            }

            kept.TryPeek(out _, out var least);
            if (logits[id] > least.Logit)
                kept.EnqueueDequeue(id, (logits[id], id));
        }

        var ids = new int[count];
        while (kept.Count > 0)
            ids[kept.Count - 1] = kept.Dequeue();
        return ids;
    }

    // SplitMix64: a generator whose stream is the same on every system and version.
    private double NextDouble()
    {
        _state += 0x9E3779B97F4A7C15;
        var z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
    }
}
