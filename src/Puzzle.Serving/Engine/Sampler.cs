namespace Puzzle.Serving.Engine;

/// <summary>
/// Draws tokens for one sequence. The order is the usual one: repetition penalty, temperature, top-k, top-p, min-p, draw. Top-p
/// and min-p look at the probabilities that are left and scaled anew after the step before.
/// </summary>
public sealed class Sampler
{
    private static readonly Comparer<(float Logit, int Id)> s_likelyFirst = Comparer<(float Logit, int Id)>.Create(
        (a, b) => a.Logit != b.Logit ? b.Logit.CompareTo(a.Logit) : a.Id.CompareTo(b.Id));

    private readonly SamplingOptions _options;
    private readonly HashSet<int> _seen = [];
    private ulong _state;
    private (float Logit, int Id)[] _candidates = [];

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
        if (_options.Temperature == 0)
            return Largest(logits);
        var count = Candidates(logits);
        var probabilities = Probabilities(count);
        var draw = NextDouble() * probabilities.Sum();
        for (var i = 0; i < probabilities.Length; i++)
        {
            draw -= probabilities[i];
            if (draw < 0)
                return _candidates[i].Id;
        }

        return _candidates[probabilities.Length - 1].Id;
    }

    // The most likely first; only as many as top-k keeps.
    private int Candidates(Span<float> logits)
    {
        if (_candidates.Length < logits.Length)
            _candidates = new (float, int)[logits.Length];
        for (var id = 0; id < logits.Length; id++)
            _candidates[id] = (logits[id], id);
        Array.Sort(_candidates, 0, logits.Length, s_likelyFirst);
        return _options.TopK == 0 ? logits.Length : Math.Min(_options.TopK, logits.Length);
    }

    private double[] Probabilities(int count)
    {
        var all = new double[count];
        for (var i = 0; i < count; i++)
            all[i] = Math.Exp((_candidates[i].Logit - (double)_candidates[0].Logit) / _options.Temperature);
        var total = all.Sum();
        var kept = 0;
        for (var sum = 0.0; kept < count && sum < _options.TopP * total; kept++)
            sum += all[kept];
        // The least that is kept: relative to the most likely one, whose weight is 1.
        while (kept > 1 && all[kept - 1] < _options.MinP)
            kept--;
        return all[..Math.Max(1, kept)];
    }

    private static int Largest(Span<float> logits)
    {
        var best = 0;
        for (var id = 1; id < logits.Length; id++)
        {
            if (logits[id] > logits[best])
                best = id;
        }

        return best;
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
