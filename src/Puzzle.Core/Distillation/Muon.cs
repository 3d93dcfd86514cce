using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Core.Distillation;

// N matrices of one shape, S the shorter side, L the longer

/// <summary>
/// Muon (Jordan and others, 2024): momentum whose singular values are all brought near 1 by a Newton-Schulz iteration. For the
/// matrices inside layers; embeddings and vectors belong to <see cref="AdamW"/>. Matrices of one shape are worked on together.
/// </summary>
public sealed class Muon : IDisposable
{
    private const int Iterations = 5;
    private readonly List<(MatrixPart[] Parts, Tensor Momentum_NSL)> _groups;
    private readonly double _momentum;
    private readonly double _weightDecay;

    /// <param name="matrices">Rows of leaves of the graph that make one matrix each, trained in place.</param>
    /// <param name="momentum">Decay of the mean of gradients.</param>
    /// <param name="weightDecay">Decoupled decay.</param>
    public Muon(IEnumerable<MatrixPart> matrices, double momentum = 0.95, double weightDecay = 0.1)
    {
        (_momentum, _weightDecay) = (momentum, weightDecay);
        _groups = [.. matrices.GroupBy(part => (Math.Min(part.Rows, part.Columns), Math.Max(part.Rows, part.Columns)))
            .Select(group => (group.ToArray(), zeros([group.Count(), group.Key.Item1, group.Key.Item2], device: group.First().Parameter.device).DetachFromDisposeScope()))];
    }

    /// <summary>The momenta, one tensor for each shape.</summary>
    public IReadOnlyList<Tensor> Momenta => [.. _groups.Select(group => group.Momentum_NSL)];

    /// <summary>Takes a step and sets the gradients to zero.</summary>
    public void Step(double learningRate)
    {
        using var noGrad = no_grad();
        foreach (var (parts, momentum_NSL) in _groups)
        {
            using var scope = NewDisposeScope();
            var gradient_NSL = stack(parts.Select(part => part.Wide(part.Parameter.grad!)).ToArray());
            momentum_NSL.mul_(_momentum).add_(gradient_NSL, 1 - _momentum);
            var update_NSL = Orthogonal(gradient_NSL.mul_(1 - _momentum).add_(momentum_NSL, _momentum));
            for (var i = 0; i < parts.Length; i++)
            {
                var part = parts[i];
                var scale = Math.Sqrt(Math.Max(1, (double)part.Rows / part.Columns));
                part.Wide(part.Parameter).mul_(1 - learningRate * _weightDecay).add_(update_NSL[i], -learningRate * scale);
            }
        }

        foreach (var parameter in _groups.SelectMany(group => group.Parts).Select(part => part.Parameter))
            parameter.grad!.zero_();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (_, momentum) in _groups)
            momentum.Dispose();
    }

    // The quintic a x + b x^3 + c x^5 lifts every singular value in (0, 1] towards 1; its coefficients are tuned for speed, not exactness.
    private static Tensor Orthogonal(Tensor x_NSL)
    {
        x_NSL = x_NSL / (x_NSL.flatten(1).norm(1, keepdim: true).unsqueeze(2) + 1e-7);
        for (var i = 0; i < Iterations; i++)
        {
            var square_NSS = x_NSL.matmul(x_NSL.transpose(1, 2));
            var both_NSS = square_NSS * -4.7750 + square_NSS.matmul(square_NSS) * 2.0315;
            x_NSL = both_NSS.matmul(x_NSL).add_(x_NSL, 3.4445);
        }

        return x_NSL;
    }
}
