using static TorchSharp.torch;

namespace Puzzle.Core.Initialisation;

/// <summary>Accumulated second moments of features z and targets y over tokens, enough for any least-squares fit of y by z.</summary>
/// <param name="Features">Sum of z z^T: [F, F], float64.</param>
/// <param name="Cross">Sum of y z^T: [D, F], float64.</param>
/// <param name="TargetPower">Sum of |y|^2.</param>
public sealed record GramMatrices(Tensor Features, Tensor Cross, double TargetPower)
{
    /// <summary>Of features [tokens, F] and targets [tokens, D], each token with a weight [tokens, 1] (its square root is applied to both sides).</summary>
    public static GramMatrices Of(Tensor features, Tensor targets, Tensor rootWeights)
    {
        using var scope = NewDisposeScope();
        var z = features * rootWeights;
        var y = targets * rootWeights;
        // Products in float32 (the fast type), kept in float64 so that the solves are stable.
        var gram = z.t().matmul(z).to(ScalarType.Float64);
        var cross = y.t().matmul(z).to(ScalarType.Float64);
        return new GramMatrices(gram.MoveToOuterDisposeScope(), cross.MoveToOuterDisposeScope(), y.square().sum(ScalarType.Float64).item<double>());
    }

    /// <summary>The same for some of the features only.</summary>
    public GramMatrices Keep(Tensor indices) =>
        new(Features.index_select(0, indices).index_select(1, indices), Cross.index_select(1, indices), TargetPower);

    /// <summary>Sum of |y - W z|^2 over the sum of |y|^2, for W [D, F].</summary>
    public double NormalisedError(Tensor weight)
    {
        using var scope = NewDisposeScope();
        var w = weight.to(ScalarType.Float64);
        var error = (w.matmul(Features) * w).sum() - 2 * (w * Cross).sum();
        return (error.item<double>() + TargetPower) / TargetPower;
    }
}
