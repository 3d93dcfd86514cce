namespace Puzzle.Serving.LlamaCpp;

/// <summary>A token of a pass.</summary>
/// <param name="Id">What it is.</param>
/// <param name="Position">Its place in its sequence.</param>
/// <param name="Sequence">Which sequence.</param>
/// <param name="WantsLogits">Whether its logits are computed.</param>
public readonly record struct LlamaCppToken(int Id, int Position, int Sequence = 0, bool WantsLogits = false);
