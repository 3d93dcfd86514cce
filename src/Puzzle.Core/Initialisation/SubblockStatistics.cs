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
    // Features of a wide feed-forward network are the largest thing that is held.
    private const int WindowsAtOnce = 8;
    private readonly Dictionary<string, object> _known = [];

    /// <param name="kind">Which subblock.</param>
    /// <param name="config">The parent's architecture.</param>
    /// <param name="activations">The calibration windows at the layer.</param>
    /// <param name="perToken">Whether each token counts by its own relative error; else as it is, and massive activations rule.</param>
    /// <param name="heldOut">The share of windows that is held out; 0: all are fitted and judged on.</param>
    public SubblockStatistics(SubblockKind kind, ModelConfig config, ParentActivations activations, bool perToken, double heldOut = 0.25)
    {
        (Kind, Config, Context, Layer) = (kind, config, activations.Context, activations.Layer);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (input, output) = kind == SubblockKind.Attention
            ? (activations.Input_WTD, activations.AfterAttention_WTD)
            : (activations.AfterAttention_WTD, activations.Output_WTD);
        Input_WTD = input;
        Target_WTD = (output - input).DetachFromDisposeScope();
        RootWeights_WT1 = TokenWeights.Of(Target_WTD, perToken, activations.Counts_WT).sqrt().DetachFromDisposeScope();
        var windows = (int)input.shape[0];
        Fit = heldOut <= 0 || windows == 1 ? (0, windows) : (0, Math.Clamp((int)Math.Round(windows * (1 - heldOut)), 1, windows - 1));
        Held = Fit.Count == windows ? Fit : (Fit.Count, windows - Fit.Count);
    }

    public SubblockKind Kind { get; }

    public ModelConfig Config { get; }

    public ForwardContext Context { get; }

    public int Layer { get; }

    /// <summary>The residual stream before the subblock.</summary>
    public Tensor Input_WTD { get; }

    /// <summary>What the parent's subblock adds to it.</summary>
    public Tensor Target_WTD { get; }

    /// <summary>Square roots of the tokens' weights.</summary>
    public Tensor RootWeights_WT1 { get; }

    /// <summary>The windows that starts may look at.</summary>
    public (int First, int Count) Fit { get; }

    /// <summary>The windows that choose between them.</summary>
    public (int First, int Count) Held { get; }

    /// <summary>The windows of a range, a few at a time: their first and their number.</summary>
    public static IEnumerable<(int First, int Count)> Chunks((int First, int Count) range, int windows = WindowsAtOnce)
    {
        for (var first = 0; first < range.Count; first += windows)
            yield return (range.First + first, Math.Min(windows, range.Count - first));
    }

    /// <summary>The normalised input of some windows, for a subblock with this norm weight.</summary>
    public Tensor Normalised(Tensor norm, (int First, int Count) windows) => Operators.RmsNorm(Input_WTD.narrow(0, windows.First, windows.Count), norm, Config.RmsNormEps);

    /// <summary>What several starts or variants share: made once.</summary>
    public T Once<T>(string name, Func<T> make)
        where T : notnull
    {
        if (!_known.TryGetValue(name, out var known))
            _known[name] = known = make();
        return (T)known;
    }

    /// <summary>Gram matrices of features [W, T, F] against the target, over the windows to fit and over the held-out ones; computed once a name.</summary>
    /// <param name="name">What the features are.</param>
    /// <param name="norm">The norm before the subblock.</param>
    /// <param name="features">Computes them of some windows' normalised input.</param>
    /// <param name="bias">What is added to the fit anyway and therefore taken from the target: [D] or null.</param>
    public GramPair Grams(string name, Tensor norm, Func<Tensor, Tensor> features, Tensor? bias = null) =>
        Once("grams " + name, () => Gather(norm, features, bias));

    /// <summary>The same, not kept: the caller disposes of it.</summary>
    public GramPair Gather(Tensor norm, Func<Tensor, Tensor> features, Tensor? bias = null)
    {
        var fit = Accumulate(Fit);
        return new(fit, Held == Fit ? fit : Accumulate(Held));

        GramMatrices Accumulate((int First, int Count) range)
        {
            GramMatrices? total = null;
            foreach (var windows in Chunks(range))
            {
                using var scope = NewDisposeScope();
                using var noGrad = no_grad();
                var z = features(Normalised(norm, windows)).flatten(0, 1);
                var part = GramMatrices.Of(z, Target_WTD.narrow(0, windows.First, windows.Count).flatten(0, 1), RootWeights_WT1.narrow(0, windows.First, windows.Count).flatten(0, 1), bias);
                if (total is not null)
                {
                    total = total.Add(part);
                    continue;
                }

                part.Features.DetachFromDisposeScope();
                part.Cross.DetachFromDisposeScope();
                total = part;
            }

            return total!;
        }
    }

    /// <summary>Error of a subblock on the held-out windows: sum of w |y - delta|^2 over sum of w |y|^2.</summary>
    public double HeldOutError(Subblock subblock)
    {
        var windows = HeldOutErrors(subblock);
        return windows.Sum(window => window.Error) / Math.Max(1e-30, windows.Sum(window => window.Power));
    }

    /// <summary>Both sums for each held-out window.</summary>
    public IReadOnlyList<(double Error, double Power)> HeldOutErrors(Subblock subblock)
    {
        var windows = new List<(double, double)>();
        foreach (var (first, count) in Chunks(Held))
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            var target = Target_WTD.narrow(0, first, count);
            var weights = RootWeights_WT1.narrow(0, first, count);
            var difference = subblock.Delta(Input_WTD.narrow(0, first, count), Context, Layer) is { } delta ? target - delta : target;
            windows.AddRange(Sums(difference).Zip(Sums(target)));

            double[] Sums(Tensor values) => [.. (values * weights).square().sum([1, 2], type: ScalarType.Float64).cpu().data<double>().ToArray()];
        }

        return windows;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Target_WTD.Dispose();
        RootWeights_WT1.Dispose();
        foreach (var known in _known.Values.OfType<IDisposable>())
            known.Dispose();
    }
}
