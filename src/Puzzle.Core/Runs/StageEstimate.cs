namespace Puzzle.Core.Runs;

/// <summary>What a stage will take; null where it cannot be told.</summary>
/// <param name="Time">Wall time on this machine.</param>
/// <param name="DiskBytes">What it leaves on disk.</param>
/// <param name="MemoryBytes">Its peak.</param>
public sealed record StageEstimate(TimeSpan? Time = null, long? DiskBytes = null, long? MemoryBytes = null);
