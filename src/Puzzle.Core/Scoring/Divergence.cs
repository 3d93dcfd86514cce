using Puzzle.Core.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Core.Scoring;

// W windows, T tokens a window, D hidden, V vocabulary

/// <summary>
/// Compares models with a parent on fixed windows, by final hidden states: KL(parent || child), loss and top-1 agreement
/// over all positions. The parent's log-probabilities are kept where they fit, else computed anew from its hidden states.
/// </summary>
public sealed class Divergence : IDisposable
{
    private const int ChunkTokens = 512;
    private readonly Transformer _parent;
    private readonly Tensor _hidden_ND;
    private readonly Tensor _targets_N;
    private readonly Tensor? _logProbabilities_NV;
    private readonly long _length;

    /// <param name="parent">The parent.</param>
    /// <param name="ids_WT">Windows.</param>
    /// <param name="hidden_WTD">The parent's final hidden states on them.</param>
    /// <param name="afterLast">The token behind the last window, target of its last position; -1 leaves that out.</param>
    /// <param name="keepBytes">How much memory the parent's log-probabilities may take.</param>
    public Divergence(Transformer parent, Tensor ids_WT, Tensor hidden_WTD, long afterLast = -1, long keepBytes = 512L << 20)
    {
        _parent = parent;
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        _length = ids_WT.shape[1];
        _hidden_ND = hidden_WTD.flatten(0, 1).contiguous().clone().DetachFromDisposeScope();
        var flat = ids_WT.flatten();
        _targets_N = cat([flat.narrow(0, 1, flat.shape[0] - 1), full([1], afterLast, ScalarType.Int64)]).DetachFromDisposeScope();
        if (_hidden_ND.shape[0] * parent.Head.shape[0] * sizeof(float) <= keepBytes)
            _logProbabilities_NV = nn.functional.log_softmax(parent.Logits(_hidden_ND), -1).DetachFromDisposeScope();
    }

    /// <summary>Compares final hidden states [W, T, D] of a model with this head.</summary>
    public Comparison Compare(Tensor hidden_WTD, Transformer child)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var hidden = hidden_WTD.flatten(0, 1);
        var tokens = hidden.shape[0];
        var kl_N = empty(tokens);
        double loss = 0, agree = 0;
        long counted = 0;
        for (long first = 0; first < tokens; first += ChunkTokens)
        {
            using var inner = NewDisposeScope();
            var count = Math.Min(ChunkTokens, tokens - first);
            var q = nn.functional.log_softmax(child.Logits(hidden.narrow(0, first, count)), -1);
            var p = _logProbabilities_NV?.narrow(0, first, count) ?? nn.functional.log_softmax(_parent.Logits(_hidden_ND.narrow(0, first, count)), -1);
            agree += p.argmax(-1).eq(q.argmax(-1)).sum().item<long>();
            kl_N.narrow(0, first, count).copy_((p.exp() * (p - q)).sum(-1));
            var targets = _targets_N.narrow(0, first, count);
            var has = targets.ge(0);
            loss -= (q.gather(1, targets.clamp(min: 0).unsqueeze(1)).squeeze(1) * has).sum(ScalarType.Float64).item<double>();
            counted += has.sum().item<long>();
        }

        var windows_W = kl_N.view(-1, _length).to(ScalarType.Float64).mean([1]).data<double>().ToArray();
        var mean = windows_W.Average();
        var variance = windows_W.Length > 1 ? windows_W.Sum(kl => (kl - mean) * (kl - mean)) / (windows_W.Length - 1) : 0;
        return new Comparison(mean, Math.Sqrt(variance / windows_W.Length), loss / Math.Max(1, counted), agree / tokens);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _hidden_ND.Dispose();
        _targets_N.Dispose();
        _logProbabilities_NV?.Dispose();
    }
}
