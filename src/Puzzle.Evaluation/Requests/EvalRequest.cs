namespace Puzzle.Evaluation.Requests;

/// <summary>Something a task asks of a model, in text.</summary>
public abstract record EvalRequest;

/// <summary>The log-likelihood of <paramref name="Continuation"/> after <paramref name="Context"/>, which may be empty.</summary>
public sealed record ContinuationRequest(string Context, string Continuation) : EvalRequest;

/// <summary>The log-likelihood of a whole text, in windows of the model's length.</summary>
public sealed record RollingRequest(string Text) : EvalRequest;

/// <summary>Text after <paramref name="Context"/>.</summary>
public sealed record GenerateRequest(string Context, GenerationSettings Settings) : EvalRequest;
