using Puzzle.Serving.Engine;

namespace Puzzle.Serving.Bench;

/// <summary>What a benchmark measured besides its times.</summary>
/// <param name="Prefill">Passes with chunks of prompts.</param>
/// <param name="Decode">Passes of one new token a sequence.</param>
/// <param name="Memory">Allocated by the engine.</param>
/// <param name="PeakBytes">The most that was resident while it ran.</param>
/// <param name="Peaks">Of the machine, right after.</param>
public sealed record BenchRun(PassTotals Prefill, PassTotals Decode, EngineMemory Memory, long PeakBytes, MachinePeaks Peaks)
{
    /// <summary>All passes.</summary>
    public PassTotals All => Prefill + Decode;
}
