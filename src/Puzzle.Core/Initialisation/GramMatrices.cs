using Puzzle.Core.Models;
using static TorchSharp.torch;

namespace Puzzle.Core.Initialisation;

/// <summary>Accumulated second moments of features z and targets y over tokens, enough for any least-squares fit of y by z.</summary>
/// <param name="Features">Sum of z z^T: [F, F], float64.</param>
/// <param name="Cross">Sum of y z^T: [D, F], float64.</param>
/// <param name="TargetPower">Sum of |y|^2.</param>
/// <param name="Power">What errors are measured by: the sum of |y|^2 before a fixed bias was taken from y.</param>
public sealed record GramMatrices(Tensor Features, Tensor Cross, double TargetPower, double Power) : IDisposable
{
    private const int FewFeatures = 1024;

    /// <summary>Of features [tokens, F] and targets [tokens, D], each token with a weight [tokens, 1] (its square root is applied to both sides).</summary>
    /// <param name="features">z.</param>
    /// <param name="targets">y.</param>
    /// <param name="rootWeights">Square roots of the tokens' weights.</param>
    /// <param name="bias">What a fit adds anyway, taken from y: [D] or null.</param>
    public static GramMatrices Of(Tensor features, Tensor targets, Tensor rootWeights, Tensor? bias = null)
    {
        using var scope = NewDisposeScope();
        var z = features * rootWeights;
        var y = (bias is null ? targets : targets - bias) * rootWeights;
        // Products of many features in float32 (the fast type), sums in float64 so that the solves are stable.
        if (z.shape[1] <= FewFeatures)
            (z, y) = (z.to(ScalarType.Float64), y.to(ScalarType.Float64));
        var gram = Products.Outer(z, z).to(ScalarType.Float64);
        var cross = Products.Outer(y, z).to(ScalarType.Float64);
        var power = y.square().sum(ScalarType.Float64).item<double>();
        var whole = bias is null ? power : (targets * rootWeights).square().sum(ScalarType.Float64).item<double>();
        return new GramMatrices(gram.MoveToOuterDisposeScope(), cross.MoveToOuterDisposeScope(), power, whole);
    }

    /// <summary>Adds the tokens of another, in place.</summary>
    public GramMatrices Add(GramMatrices other)
    {
        Features.add_(other.Features);
        Cross.add_(other.Cross);
        return this with { TargetPower = TargetPower + other.TargetPower, Power = Power + other.Power };
    }

    /// <summary>The sum with another, as a new object.</summary>
    public GramMatrices Plus(GramMatrices other) => new(Features + other.Features, Cross + other.Cross, TargetPower + other.TargetPower, Power + other.Power);

    /// <summary>The same for some of the features only.</summary>
    public GramMatrices Keep(Tensor indices) =>
        this with { Features = Features.index_select(0, indices).index_select(1, indices), Cross = Cross.index_select(1, indices) };

    /// <summary>Sum of |y - W z|^2 over the sum of |y|^2, for W [D, F].</summary>
    public double NormalisedError(Tensor weight)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var w = weight.to(ScalarType.Float64);
        var error = (w.matmul(Features) * w).sum() - Held.Number(2) * (w * Cross).sum();
        return (error.item<double>() + TargetPower) / Math.Max(Power, 1e-300);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Features.Dispose();
        Cross.Dispose();
    }
}
