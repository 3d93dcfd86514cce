using Puzzle.Core.Variants;

namespace Puzzle.Core.Scoring;

/// <summary>What replacing both subblocks of a block of the parent does to the whole model.</summary>
/// <param name="Layer">Which layer.</param>
/// <param name="Spec">What stands there instead.</param>
/// <param name="Kl">KL(parent || child) of the next-token distribution, mean over tokens, nats.</param>
/// <param name="KlError">Its standard error over windows.</param>
/// <param name="LmLoss">Next-token cross-entropy of the changed model, nats.</param>
/// <param name="TopOneAgreement">Share of tokens where both put the same token first.</param>
public sealed record BlockScore(int Layer, LayerSpec Spec, double Kl, double KlError, double LmLoss, double TopOneAgreement);
