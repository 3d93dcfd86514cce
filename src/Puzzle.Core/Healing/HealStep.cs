namespace Puzzle.Core.Healing;

/// <summary>What one training step reports.</summary>
/// <param name="Step">Counted from 1.</param>
/// <param name="Steps">In all.</param>
/// <param name="Cosine">Sum over layers of (1 - cosine), mean over tokens.</param>
/// <param name="Kl">KL(parent || child), nats a token.</param>
/// <param name="Lm">Next-token loss, nats a token.</param>
/// <param name="LearningRate">Of this step.</param>
/// <param name="Tokens">Trained so far.</param>
/// <param name="Validation">The validation loss, where this step was followed by an evaluation.</param>
public sealed record HealStep(long Step, long Steps, double Cosine, double Kl, double Lm, double LearningRate, long Tokens, double? Validation);
