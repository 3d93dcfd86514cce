using Puzzle.Core.Models;
using static TorchSharp.torch;

namespace Puzzle.Core.Distillation;

/// <summary>AdamW over many tensors in one fused call, with gradient clipping by the global norm. Its state is plain tensors, so it can be saved.</summary>
public sealed class AdamW : IDisposable
{
    private readonly Tensor[] _parameters;
    private readonly double _beta1;
    private readonly double _beta2;
    private readonly double _weightDecay;
    private readonly double _clipNorm;
    private readonly Tensor[] _steps;

    /// <param name="parameters">Leaves of the graph, trained in place.</param>
    /// <param name="beta1">Decay of the first moment.</param>
    /// <param name="beta2">Decay of the second moment.</param>
    /// <param name="weightDecay">Decoupled decay; vectors (norms, biases) are spared by giving them to an optimiser of their own.</param>
    /// <param name="clipNorm">Largest global norm of the gradients; 0 turns clipping off.</param>
    public AdamW(IReadOnlyList<Tensor> parameters, double beta1 = 0.9, double beta2 = 0.95, double weightDecay = 0.1, double clipNorm = 1)
    {
        (_parameters, _beta1, _beta2, _weightDecay, _clipNorm) = ([.. parameters], beta1, beta2, weightDecay, clipNorm);
        FirstMoments = [.. parameters.Select(parameter => zeros_like(parameter, requires_grad: false).DetachFromDisposeScope())];
        SecondMoments = [.. parameters.Select(parameter => zeros_like(parameter, requires_grad: false).DetachFromDisposeScope())];
        _steps = [.. parameters.Select(_ => zeros([], ScalarType.Float32).DetachFromDisposeScope())];
    }

    /// <summary>Exponential means of the gradients, one a parameter.</summary>
    public IReadOnlyList<Tensor> FirstMoments { get; }

    /// <summary>Exponential means of the squared gradients, one a parameter.</summary>
    public IReadOnlyList<Tensor> SecondMoments { get; }

    /// <summary>Steps taken.</summary>
    public long Steps { get; private set; }

    /// <summary>Goes on from saved moments.</summary>
    public void Resume(long steps)
    {
        using var noGrad = no_grad();
        Steps = steps;
        foreach (var step in _steps)
            step.fill_(Held.Number(steps));
    }

    /// <summary>Clips the gradients, takes a step, sets the gradients to zero. Returns the gradients' norm before clipping.</summary>
    public double Step(double learningRate)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var live = Enumerable.Range(0, _parameters.Length).Where(i => _parameters[i].grad is not null).ToArray();
        var gradients = live.Select(i => _parameters[i].grad!).ToArray();
        var norm = Operators.NormOf(gradients).item<float>();
        if (_clipNorm > 0 && norm > _clipNorm)
            Operators.ScaleAll(gradients, _clipNorm / norm);
        Steps++;
        var steps = live.Select(i => _steps[i]).ToArray();
        foreach (var step in steps)
            step.fill_(Held.Number(Steps));
        Operators.AdamW([.. live.Select(i => _parameters[i])], gradients, [.. live.Select(i => FirstMoments[i])], [.. live.Select(i => SecondMoments[i])], steps, learningRate, _beta1, _beta2, _weightDecay, 1e-8);
        Operators.ZeroAll(gradients);
        return norm;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in FirstMoments.Concat(SecondMoments).Concat(_steps))
            tensor.Dispose();
    }
}
