using System.Runtime.InteropServices;
using Puzzle.Core.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Core.Scoring;

// W windows, T tokens a window, N all tokens, D hidden, V vocabulary

/// <summary>
/// Compares models with a parent on fixed windows, by final hidden states: KL(parent || child), loss and top-1 agreement
/// over all positions. The parent's probabilities are kept where they fit, else computed anew from its hidden states.
/// </summary>
public sealed class Divergence : IDisposable
{
    private const int ChunkTokens = 128;
    private readonly Transformer _parent;
    private readonly Tensor _hidden_ND;
    private readonly long[] _targets_N;
    private readonly Tensor? _probabilities_NV;
    private readonly double[] _negativeEntropy_N;
    private readonly int[] _first_N;
    private readonly long _length;

    /// <param name="parent">The parent.</param>
    /// <param name="ids_WT">Windows.</param>
    /// <param name="hidden_WTD">The parent's final hidden states on them.</param>
    /// <param name="afterLast">The token behind the last window, target of its last position; -1 leaves that out.</param>
    /// <param name="keepBytes">How much memory the parent's probabilities may take.</param>
    public Divergence(Transformer parent, Tensor ids_WT, Tensor hidden_WTD, long afterLast = -1, long keepBytes = 512L << 20)
    {
        _parent = parent;
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        _length = ids_WT.shape[1];
        _hidden_ND = hidden_WTD.flatten(0, 1).contiguous().clone().DetachFromDisposeScope();
        _targets_N = [.. ids_WT.cpu().flatten().data<long>().ToArray()[1..], afterLast];
        var (tokens, vocabulary) = (_hidden_ND.shape[0], parent.Head.shape[0]);
        _negativeEntropy_N = new double[tokens];
        _first_N = new int[tokens];
        if (tokens * vocabulary * sizeof(float) > keepBytes)
            return;
        _probabilities_NV = empty(tokens, vocabulary).DetachFromDisposeScope();
        for (long first = 0; first < tokens; first += ChunkTokens)
        {
            using var inner = NewDisposeScope();
            var count = Math.Min(ChunkTokens, tokens - first);
            var p_CV = Probabilities(first, count, _negativeEntropy_N.AsSpan((int)first, (int)count), _first_N.AsSpan((int)first, (int)count));
            _probabilities_NV.narrow(0, first, count).copy_(p_CV);
        }
    }

    /// <summary>Compares final hidden states [W, T, D] of a model with this head.</summary>
    public Comparison Compare(Tensor hidden_WTD, Transformer child)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var hidden_ND = hidden_WTD.flatten(0, 1);
        var tokens = hidden_ND.shape[0];
        var kl_N = new double[tokens];
        var loss_N = new double[tokens];
        var agrees_N = new bool[tokens];
        for (long first = 0; first < tokens; first += ChunkTokens)
        {
            using var inner = NewDisposeScope();
            var (start, count) = ((int)first, (int)Math.Min(ChunkTokens, tokens - first));
            var logits_CV = child.Logits(hidden_ND.narrow(0, first, count)).to(ScalarType.Float32).cpu().contiguous();
            var p_CV = _probabilities_NV?.narrow(0, first, count) ?? Probabilities(first, count, _negativeEntropy_N.AsSpan(start, count), _first_N.AsSpan(start, count));
            var vocabulary = (int)logits_CV.shape[1];
            Parallel.For(0, count, row =>
            {
                var logits = Floats(logits_CV).Slice(row * vocabulary, vocabulary);
                var compared = DivergenceKernel.Compare(logits, Floats(p_CV).Slice(row * vocabulary, vocabulary), _negativeEntropy_N[start + row]);
                kl_N[start + row] = compared.Kl;
                agrees_N[start + row] = compared.First == _first_N[start + row];
                loss_N[start + row] = _targets_N[start + row] is >= 0 and var target ? compared.LogSum - logits[(int)target] : 0;
            });
        }

        var windows = kl_N.Chunk((int)_length).Select(window => window.Average()).ToArray();
        var mean = windows.Average();
        var variance = windows.Length > 1 ? windows.Sum(kl => (kl - mean) * (kl - mean)) / (windows.Length - 1) : 0;
        return new Comparison(mean, Math.Sqrt(variance / windows.Length), loss_N.Sum() / Math.Max(1, _targets_N.Count(target => target >= 0)), (double)agrees_N.Count(agrees => agrees) / tokens);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _hidden_ND.Dispose();
        _probabilities_NV?.Dispose();
    }

    // The parent's probabilities of some positions [C, V] on the CPU, with the entropy and the most probable token of each.
    private Tensor Probabilities(long first, long count, Span<double> negativeEntropy, Span<int> firsts)
    {
        var logP_CV = nn.functional.log_softmax(_parent.Logits(_hidden_ND.narrow(0, first, count)).to(ScalarType.Float32), -1);
        var p_CV = logP_CV.exp();
        (p_CV * logP_CV).sum(-1, type: ScalarType.Float64).cpu().data<double>().CopyTo(negativeEntropy);
        p_CV = p_CV.cpu().contiguous();
        var p = Floats(p_CV);
        var vocabulary = p.Length / (int)count;
        for (var row = 0; row < count; row++)
            firsts[row] = DivergenceKernel.FirstMaximum(p.Slice(row * vocabulary, vocabulary));
        return p_CV;
    }

    private static ReadOnlySpan<float> Floats(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);
}
