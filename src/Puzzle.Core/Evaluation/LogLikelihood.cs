namespace Puzzle.Core.Evaluation;

/// <summary>How likely a continuation is.</summary>
/// <param name="Sum">Sum over its ids of the log-probability given all ids before, in nats.</param>
/// <param name="IsGreedy">Whether each of its ids is the most likely one: greedy decoding would write it.</param>
public readonly record struct LogLikelihood(double Sum, bool IsGreedy);
