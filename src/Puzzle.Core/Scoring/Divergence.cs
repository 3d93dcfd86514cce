using System.Runtime.InteropServices;
using Puzzle.Core.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Core.Scoring;

// W windows, T tokens a window, N all tokens, C tokens at once, D hidden, V vocabulary, P a piece of it

/// <summary>
/// Compares models with a parent on fixed windows, by final hidden states: KL(parent || child), loss and top-1 agreement
/// over all positions. Head and comparison go over the vocabulary in pieces that stay in the processor's cache. The parent's
/// probabilities are kept where they fit, else computed anew from its hidden states, once for all models compared together.
/// </summary>
public sealed class Divergence : IDisposable
{
    private const int TokensAtOnce = 512;
    private const int PieceOfVocabulary = 2048;
    private const int RowsOfTask = 32;
    private readonly Transformer _parent;
    private readonly Tensor _hidden_ND;
    private readonly long[] _targets_N;
    private readonly Tensor? _probabilities_NV;
    private readonly double[] _negativeEntropy_N;
    private readonly double[] _logSum_N;
    private readonly int[] _first_N;
    private readonly int _length;

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
        _length = (int)ids_WT.shape[1];
        _hidden_ND = hidden_WTD.flatten(0, 1).contiguous().clone().DetachFromDisposeScope();
        _targets_N = [.. ids_WT.cpu().flatten().data<long>().ToArray()[1..], afterLast];
        var (tokens, vocabulary) = (_targets_N.Length, parent.Head.shape[0]);
        (_negativeEntropy_N, _logSum_N, _first_N) = (new double[tokens], new double[tokens], new int[tokens]);
        if (tokens * vocabulary * sizeof(float) <= keepBytes)
            _probabilities_NV = empty(tokens, vocabulary).DetachFromDisposeScope();
        var piece = empty(Math.Min(TokensAtOnce, tokens) * Math.Min(PieceOfVocabulary, vocabulary));
        for (var first = 0; first < tokens; first += TokensAtOnce)
            Prepare(first, Math.Min(TokensAtOnce, tokens - first), piece);
    }

    /// <summary>Compares final hidden states [W, T, D] of a model with this head.</summary>
    public Comparison Compare(Tensor hidden_WTD, Transformer child) => Compare(new[] { hidden_WTD }, child)[0];

    /// <summary>Compares the final hidden states, each [W, T, D], of several models with the same head.</summary>
    public Comparison[] Compare(IReadOnlyList<Tensor> hidden_WTD, Transformer child)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var hidden_ND = hidden_WTD.Select(hidden => hidden.flatten(0, 1)).ToArray();
        var (tokens, vocabulary) = (_targets_N.Length, (int)child.Head.shape[0]);
        var results = Array.ConvertAll(hidden_ND, _ => (Kl_N: new double[tokens], Loss_N: new double[tokens], Agrees_N: new bool[tokens]));
        var size = Math.Min(TokensAtOnce, tokens) * Math.Min(PieceOfVocabulary, vocabulary);
        var (piece, parentPiece) = (empty(size), _probabilities_NV is null ? empty(size) : null);
        for (var first = 0; first < tokens; first += TokensAtOnce)
        {
            var (start, count) = (first, Math.Min(TokensAtOnce, tokens - first));
            var rows = Array.ConvertAll(hidden_ND, _ => Enumerable.Repeat(DivergenceKernel.Row.Start, count).ToArray());
            for (var column = 0; column < vocabulary; column += PieceOfVocabulary)
            {
                using var inner = NewDisposeScope();
                var (from, width) = (column, Math.Min(PieceOfVocabulary, vocabulary - column));
                var p_CP = _probabilities_NV is null ? Probabilities(start, count, from, width, parentPiece!) : _probabilities_NV.narrow(0, start, count);
                var (skip, stride) = _probabilities_NV is null ? (0, width) : (from, vocabulary);
                for (var model = 0; model < hidden_ND.Length; model++)
                {
                    var logits_CP = Logits(child, hidden_ND[model].narrow(0, start, count), from, width, piece);
                    var (row_C, loss_N) = (rows[model], results[model].Loss_N);
                    EachRow(count, row =>
                    {
                        var logits = Floats(logits_CP).Slice(row * width, width);
                        DivergenceKernel.Add(ref row_C[row], logits, Floats(p_CP).Slice((row * stride) + skip, width), from);
                        if (_targets_N[start + row] - from is >= 0 and var target && target < width)
                            loss_N[start + row] = -logits[(int)target];
                    });
                }
            }

            for (var model = 0; model < rows.Length; model++)
            {
                for (var i = 0; i < count; i++)
                {
                    var row = rows[model][i];
                    results[model].Kl_N[start + i] = row.Kl(_negativeEntropy_N[start + i]);
                    results[model].Loss_N[start + i] += _targets_N[start + i] < 0 ? 0 : row.LogSum;
                    results[model].Agrees_N[start + i] = row.First == _first_N[start + i];
                }
            }
        }

        return Array.ConvertAll(results, result => Summary(result.Kl_N, result.Loss_N, result.Agrees_N));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _hidden_ND.Dispose();
        _probabilities_NV?.Dispose();
    }

    private Comparison Summary(double[] kl_N, double[] loss_N, bool[] agrees_N)
    {
        var counted_N = Array.ConvertAll(_targets_N, target => target >= 0);
        var lossOfWindows = loss_N.Zip(counted_N).Chunk(_length).Select(window => window.Sum(entry => entry.First) / Math.Max(1, window.Count(entry => entry.Second)));
        var (kl, klError) = MeanAndError([.. kl_N.Chunk(_length).Select(window => window.Average())]);
        var (agreement, agreementError) = MeanAndError([.. agrees_N.Chunk(_length).Select(window => window.Average(agrees => agrees ? 1.0 : 0.0))]);
        return new Comparison(kl, klError, loss_N.Sum() / Math.Max(1, counted_N.Count(counted => counted)), agreement)
        {
            LmLossError = MeanAndError([.. lossOfWindows]).Error,
            TopOneError = agreementError,
        };
    }

    private static (double Mean, double Error) MeanAndError(double[] windows)
    {
        var mean = windows.Average();
        var variance = windows.Length > 1 ? windows.Sum(value => (value - mean) * (value - mean)) / (windows.Length - 1) : 0;
        return (mean, Math.Sqrt(variance / windows.Length));
    }

    // What is known of the parent at some positions: the sum of its exponentials, then its probabilities and their entropy.
    private void Prepare(int first, int count, Tensor piece)
    {
        var vocabulary = (int)_parent.Head.shape[0];
        var rows = Enumerable.Repeat(DivergenceKernel.Row.Start, count).ToArray();
        for (var column = 0; column < vocabulary; column += PieceOfVocabulary)
        {
            using var scope = NewDisposeScope();
            var (from, width) = (column, Math.Min(PieceOfVocabulary, vocabulary - column));
            var logits_CP = Logits(_parent, _hidden_ND.narrow(0, first, count), from, width, piece);
            EachRow(count, row => DivergenceKernel.Add(ref rows[row], Floats(logits_CP).Slice(row * width, width), [], from));
        }

        for (var i = 0; i < count; i++)
            (_logSum_N[first + i], _first_N[first + i]) = (rows[i].LogSum, rows[i].First);
        for (var column = 0; column < vocabulary; column += PieceOfVocabulary)
        {
            using var scope = NewDisposeScope();
            var width = Math.Min(PieceOfVocabulary, vocabulary - column);
            var p_CP = Probabilities(first, count, column, width, piece, _negativeEntropy_N);
            _probabilities_NV?.narrow(0, first, count).narrow(1, column, width).copy_(p_CP);
        }
    }

    // The parent's probabilities of some tokens at some positions; adds to their negative entropy where that is wanted.
    private Tensor Probabilities(int first, int count, int column, int width, Tensor piece, double[]? negativeEntropy_N = null)
    {
        var p_CP = Logits(_parent, _hidden_ND.narrow(0, first, count), column, width, piece);
        EachRow(count, row =>
        {
            var sum = DivergenceKernel.Probabilities(Floats(p_CP).Slice(row * width, width), _logSum_N[first + row]);
            if (negativeEntropy_N is not null)
                negativeEntropy_N[first + row] += sum;
        });
        return p_CP;
    }

    // Logits of a piece of the vocabulary [C, P], on the processor, in the buffer.
    private static Tensor Logits(Transformer model, Tensor hidden_CD, int column, int width, Tensor buffer)
    {
        var logits_CP = buffer.narrow(0, 0, hidden_CD.shape[0] * width).view(-1, width);
        var head_PD = model.Head.narrow(0, column, width);
        if (head_PD.device_type == DeviceType.CPU && head_PD.dtype == ScalarType.Float32 && hidden_CD.dtype == ScalarType.Float32)
            Products.LinearInto(hidden_CD, head_PD, logits_CP);
        else
            logits_CP.copy_(nn.functional.linear(hidden_CD, head_PD));
        return logits_CP;
    }

    private static void EachRow(int count, Action<int> action)
    {
        void Rows(int task)
        {
            for (var row = task * RowsOfTask; row < Math.Min(count, (task + 1) * RowsOfTask); row++)
                action(row);
        }

        var (tasks, threads) = ((count + RowsOfTask - 1) / RowsOfTask, get_num_threads());
        if (threads > 1 && tasks > 1)
            Parallel.For(0, tasks, new ParallelOptions { MaxDegreeOfParallelism = threads }, Rows);
        else
            for (var task = 0; task < tasks; task++)
                Rows(task);
    }

    private static Span<float> Floats(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);
}
