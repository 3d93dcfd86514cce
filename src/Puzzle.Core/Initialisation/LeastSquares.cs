using static TorchSharp.torch;

namespace Puzzle.Core.Initialisation;

/// <summary>Ridge regression W = C (G + lambda I)^-1 from Gram matrices, lambda chosen on held-out tokens.</summary>
public static class LeastSquares
{
    private static readonly double[] s_strengths = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1];

    /// <summary>The weight [D, F], float32, with the lowest error on the held-out tokens.</summary>
    public static Tensor Fit(GramMatrices fit, GramMatrices held)
    {
        using var scope = NewDisposeScope();
        var scale = fit.Features.diagonal().mean().item<double>();
        Tensor? best = null;
        var lowest = double.PositiveInfinity;
        foreach (var strength in s_strengths)
        {
            var weight = Solve(fit, Math.Max(strength * scale, 1e-30));
            var error = held.NormalisedError(weight);
            if (error >= lowest)
                continue;
            (best, lowest) = (weight, error);
        }

        return (best ?? Solve(fit, scale)).to(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    /// <summary>The ridge solution [D, F] in float64 for one strength.</summary>
    public static Tensor Solve(GramMatrices gram, double lambda)
    {
        using var scope = NewDisposeScope();
        var regularised = gram.Features + lambda * eye(gram.Features.shape[0], dtype: ScalarType.Float64, device: gram.Features.device);
        return linalg.solve(regularised, gram.Cross.t()).t().contiguous().MoveToOuterDisposeScope();
    }
}
