using Puzzle.Core.Models;
using static TorchSharp.torch;

namespace Puzzle.Core.Initialisation;

/// <summary>How much each token counts in a squared error. The same weights serve the closed forms and distillation.</summary>
public static class TokenWeights
{
    /// <summary>
    /// Weights [W, T, 1]. Per token: 1 / max(|y|^2, median of |y|^2), so that every token counts by its own relative error and a few
    /// massive activations do not decide alone; tiny targets do not either. Else 1 for all. Padding has weight 0.
    /// </summary>
    /// <param name="target_WTD">y.</param>
    /// <param name="perToken">See above.</param>
    /// <param name="counts_WT">1 for a token, 0 for padding; null: no padding.</param>
    /// <param name="floor">What to take in the place of the median.</param>
    public static Tensor Of(Tensor target_WTD, bool perToken, Tensor? counts_WT = null, double? floor = null)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Tensor weights_WT1;
        if (perToken)
        {
            var power_WT1 = target_WTD.square().sum(-1, keepdim: true);
            weights_WT1 = (floor is { } least ? power_WT1.clamp(min: Held.Number(least)) : maximum(power_WT1, power_WT1.median().clamp(min: Held.Number(1e-20)))).reciprocal();
        }
        else
        {
            weights_WT1 = ones([target_WTD.shape[0], target_WTD.shape[1], 1], ScalarType.Float32, target_WTD.device);
        }

        return (counts_WT is null ? weights_WT1 : weights_WT1 * counts_WT.unsqueeze(-1)).MoveToOuterDisposeScope();
    }
}
