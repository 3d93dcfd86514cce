namespace Puzzle.Core.Measurement;

/// <summary>What is served at once: equal requests in one batch.</summary>
/// <param name="Batch">Sequences.</param>
/// <param name="PromptTokens">Tokens of each prompt.</param>
/// <param name="OutputTokens">Tokens generated for each.</param>
public sealed record Workload(int Batch, int PromptTokens, int OutputTokens);
