using Puzzle.Core.Models;
using static TorchSharp.torch;

namespace Puzzle.Core.Initialisation;

/// <summary>Ridge regression W = C (G + lambda I)^-1 from Gram matrices, lambda chosen on held-out tokens.</summary>
public static class LeastSquares
{
    // Lambda as a share of the mean of G's diagonal.
    private static readonly double[] s_strengths = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1];

    /// <summary>
    /// The strength with the lowest error on the held-out tokens, and that error; the weight [D, F], float32, is then solved with that
    /// strength from all tokens.
    /// </summary>
    /// <param name="fit">Tokens to solve with.</param>
    /// <param name="held">Tokens to choose the strength with.</param>
    /// <param name="plain">The weight [D, F] that the ridge pulls to: directions that the tokens hardly show keep it, and other text may need them. Null: zero.</param>
    public static (Tensor Weight, double Error) Fit(GramMatrices fit, GramMatrices held, Tensor? plain = null)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        plain = plain?.to(ScalarType.Float64);
        var scale = Math.Max(1e-30, fit.Features.diagonal().mean().item<double>());
        var tried = new Dictionary<int, (Tensor? Weight, double Error)>();

        // The error has one valley over the strengths: from the usual one downhill, three solves most of the time.
        var best = 2;
        while (true)
        {
            var next = new[] { best, best + 1, best - 1 }.Where(i => i >= 0 && i < s_strengths.Length).MinBy(i => At(i).Error);
            if (next == best)
                break;
            best = next;
        }

        var (weight, error) = At(best);
        weight = weight is null || ReferenceEquals(fit, held) ? weight : Solve(fit.Plus(held), s_strengths[best] * scale * (1 + held.Power / fit.Power), plain);
        return ((weight ?? Solve(fit, scale, plain)).to(ScalarType.Float32).MoveToOuterDisposeScope(), error);

        (Tensor? Weight, double Error) At(int index)
        {
            if (tried.TryGetValue(index, out var known))
                return known;
            var solved = TrySolve(fit, s_strengths[index] * scale, plain);
            // Below zero is rounding, not a fit.
            var found = solved is null ? double.PositiveInfinity : held.NormalisedError(solved);
            return tried[index] = (solved, found < 0 ? double.PositiveInfinity : found);
        }
    }

    /// <summary>The ridge solution [D, F] in float64 for one strength; <paramref name="plain"/>, float64, as in <see cref="Fit"/>.</summary>
    public static Tensor Solve(GramMatrices gram, double lambda, Tensor? plain = null)
    {
        using var scope = NewDisposeScope();
        return (TrySolve(gram, lambda, plain) ?? From(plain, linalg.solve(Regularised(gram, lambda), Cross(gram, plain)).t().contiguous())).MoveToOuterDisposeScope();
    }

    // Null where rounding has made the matrix indefinite: the strength is too small for it.
    private static Tensor? TrySolve(GramMatrices gram, double lambda, Tensor? plain)
    {
        using var scope = NewDisposeScope();
        var (factor, info) = linalg.cholesky_ex(Regularised(gram, lambda));
        return info.item<int>() == 0 ? From(plain, Cross(gram, plain).cholesky_solve(factor, false).t().contiguous()).MoveToOuterDisposeScope() : null;
    }

    // What is solved for is the difference from the plain weight.
    private static Tensor Cross(GramMatrices gram, Tensor? plain) => (plain is null ? gram.Cross : gram.Cross - plain.matmul(gram.Features)).t().contiguous();

    private static Tensor From(Tensor? plain, Tensor difference) => plain is null ? difference : plain + difference;

    private static Tensor Regularised(GramMatrices gram, double lambda)
    {
        var regularised = gram.Features.clone();
        regularised.diagonal().add_(Held.Number(lambda));
        return regularised;
    }
}
