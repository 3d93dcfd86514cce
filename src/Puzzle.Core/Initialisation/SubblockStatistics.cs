using Puzzle.Core.Models;
using Puzzle.Core.Variants;
using static TorchSharp.torch;

namespace Puzzle.Core.Initialisation;

// W windows, T tokens a window, D hidden, F features

/// <summary>
/// What a calibration pass sees at one subblock of the parent: its inputs and what it adds to the residual stream.
/// Starts ask it for Gram matrices; a part of the windows is held out to choose between them.
/// </summary>
public sealed class SubblockStatistics : IDisposable
{
    private readonly Dictionary<string, (GramMatrices Fit, GramMatrices Held)> _grams = [];
    private readonly long _fitWindows;

    /// <param name="kind">Which subblock.</param>
    /// <param name="config">The parent's architecture.</param>
    /// <param name="context">Positions of one window (no cache, no padding).</param>
    /// <param name="layer">Which layer.</param>
    /// <param name="input_WTD">The residual stream before the subblock.</param>
    /// <param name="target_WTD">What the parent's subblock adds to it.</param>
    /// <param name="perToken">Whether each token counts by its own relative error; else as it is, and massive activations rule.</param>
    public SubblockStatistics(SubblockKind kind, ModelConfig config, ForwardContext context, int layer, Tensor input_WTD, Tensor target_WTD, bool perToken)
    {
        (Kind, Config, Context, Layer, Input_WTD, Target_WTD) = (kind, config, context, layer, input_WTD, target_WTD);
        _fitWindows = Math.Max(1, input_WTD.shape[0] * 3 / 4);
        using var scope = NewDisposeScope();
        var power_WT1 = target_WTD.square().sum(-1, keepdim: true);
        var median = power_WT1.median().clamp(min: 1e-20);
        RootWeights_WT1 = (perToken ? maximum(power_WT1, median).rsqrt() : ones_like(power_WT1)).MoveToOuterDisposeScope();
    }

    public SubblockKind Kind { get; }

    public ModelConfig Config { get; }

    public ForwardContext Context { get; }

    public int Layer { get; }

    public Tensor Input_WTD { get; }

    public Tensor Target_WTD { get; }

    /// <summary>Square roots of the tokens' weights.</summary>
    public Tensor RootWeights_WT1 { get; }

    /// <summary>The normalised input of a subblock with this norm weight.</summary>
    public Tensor Normalised(Tensor norm) => Operators.RmsNorm(Input_WTD, norm, Config.RmsNormEps);

    /// <summary>Gram matrices of features [W, T, F] against the target, over the windows to fit and over the held-out ones; computed once a name.</summary>
    /// <param name="name">What the features are.</param>
    /// <param name="features">Computes them, window by window: (windows' normalised or raw input) to [w, T, F].</param>
    /// <param name="bias">What is added to the fit anyway and therefore taken from the target: [D] or null.</param>
    public (GramMatrices Fit, GramMatrices Held) Grams(string name, Func<Tensor, Tensor> features, Tensor? bias = null)
    {
        if (_grams.TryGetValue(name, out var known))
            return known;
        var windows = Input_WTD.shape[0];
        var held = windows > 1 ? (_fitWindows, windows) : (0, windows);
        return _grams[name] = (Accumulate(features, bias, 0, _fitWindows), Accumulate(features, bias, held.Item1, held.Item2));
    }

    /// <summary>Error of a subblock on the held-out windows: sum of w |y - delta|^2 over sum of w |y|^2.</summary>
    public double HeldOutError(Subblock subblock, bool weighted = true)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var first = Input_WTD.shape[0] > 1 ? _fitWindows : 0;
        var count = Input_WTD.shape[0] - first;
        var target = Target_WTD.narrow(0, first, count);
        var weights = weighted ? RootWeights_WT1.narrow(0, first, count) : ones(1);
        var difference = subblock.Delta(Input_WTD.narrow(0, first, count), Context, Layer) is { } delta ? target - delta : target;
        return (difference * weights).square().sum(ScalarType.Float64).item<double>() / Math.Max(1e-30, (target * weights).square().sum(ScalarType.Float64).item<double>());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        RootWeights_WT1.Dispose();
        foreach (var (fit, held) in _grams.Values)
        {
            foreach (var tensor in new[] { fit.Features, fit.Cross, held.Features, held.Cross })
                tensor.Dispose();
        }
    }

    private GramMatrices Accumulate(Func<Tensor, Tensor> features, Tensor? bias, long first, long end)
    {
        GramMatrices? total = null;
        // A few windows at a time: features of a wide feed-forward network are the largest thing that is held.
        const int step = 8;
        for (var window = first; window < end; window += step)
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            var count = Math.Min(step, end - window);
            var z = features(Input_WTD.narrow(0, window, count)).flatten(0, 1);
            var y = Target_WTD.narrow(0, window, count).flatten(0, 1);
            var part = GramMatrices.Of(z, bias is null ? y : y - bias, RootWeights_WT1.narrow(0, window, count).flatten(0, 1));
            if (total is null)
            {
                part.Features.DetachFromDisposeScope();
                part.Cross.DetachFromDisposeScope();
                total = part;
                continue;
            }

            total.Features.add_(part.Features);
            total.Cross.add_(part.Cross);
            total = total with { TargetPower = total.TargetPower + part.TargetPower };
        }

        return total!;
    }
}
