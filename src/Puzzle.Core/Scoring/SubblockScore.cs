using Puzzle.Core.Variants;

namespace Puzzle.Core.Scoring;

/// <summary>What replacing one subblock of the parent does to the whole model.</summary>
/// <param name="Layer">Which layer.</param>
/// <param name="Spec">What stands there instead.</param>
/// <param name="Kl">KL(parent || child) of the next-token distribution, mean over tokens, nats.</param>
/// <param name="KlError">Its standard error over windows.</param>
/// <param name="LmLoss">Next-token cross-entropy of the changed model, nats.</param>
/// <param name="TopOneAgreement">Share of tokens where both put the same token first.</param>
public sealed record SubblockScore(int Layer, SubblockSpec Spec, double Kl, double KlError, double LmLoss, double TopOneAgreement)
{
    /// <summary>The standard error of <see cref="LmLoss"/> over windows.</summary>
    public double LmLossError { get; init; }

    /// <summary>The standard error of <see cref="TopOneAgreement"/> over windows.</summary>
    public double TopOneError { get; init; }

    /// <summary>The changed model on the recipe's task; null where no task counts.</summary>
    public TaskScore? Task { get; init; }

    /// <summary>The score of what a comparison found.</summary>
    public static SubblockScore Of(int layer, SubblockSpec spec, Comparison found) =>
        new(layer, spec, found.Kl, found.KlError, found.LmLoss, found.TopOneAgreement) { LmLossError = found.LmLossError, TopOneError = found.TopOneError, Task = found.Task };

    /// <summary>What was found.</summary>
    public Comparison ToComparison() => new(Kl, KlError, LmLoss, TopOneAgreement) { LmLossError = LmLossError, TopOneError = TopOneError, Task = Task };
}
