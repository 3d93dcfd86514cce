namespace Puzzle.Evaluation.Tasks;

/// <summary>A model's answer to one request.</summary>
/// <param name="LogLikelihood">Nats; 0 for generated text.</param>
/// <param name="IsGreedy">Whether greedy decoding gives the continuation.</param>
/// <param name="Text">Generated text; null for likelihoods.</param>
public sealed record Response(double LogLikelihood, bool IsGreedy, string? Text = null);
