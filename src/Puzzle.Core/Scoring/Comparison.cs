namespace Puzzle.Core.Scoring;

/// <summary>A model against the parent on the same windows.</summary>
/// <param name="Kl">KL(parent || model), mean over tokens, nats.</param>
/// <param name="KlError">Its standard error over windows.</param>
/// <param name="LmLoss">The model's next-token cross-entropy, nats.</param>
/// <param name="TopOneAgreement">Share of tokens where both put the same token first.</param>
public sealed record Comparison(double Kl, double KlError, double LmLoss, double TopOneAgreement)
{
    /// <summary>The standard error of <see cref="LmLoss"/> over windows.</summary>
    public double LmLossError { get; init; }

    /// <summary>The standard error of <see cref="TopOneAgreement"/> over windows.</summary>
    public double TopOneError { get; init; }

    /// <summary>The model on the recipe's task; null where no task counts.</summary>
    public TaskScore? Task { get; init; }
}
