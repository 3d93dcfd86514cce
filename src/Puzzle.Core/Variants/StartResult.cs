namespace Puzzle.Core.Variants;

/// <summary>What a start made.</summary>
/// <param name="Subblock">With weights of its own.</param>
/// <param name="HeldOutError">Its normalised error on the held-out windows where the start knows it already; null: to be measured.</param>
public readonly record struct StartResult(Subblock Subblock, double? HeldOutError = null);
