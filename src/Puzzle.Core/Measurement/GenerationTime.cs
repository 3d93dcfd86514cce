namespace Puzzle.Core.Measurement;

/// <summary>Measured generation of one batch.</summary>
/// <param name="Workload">What was served.</param>
/// <param name="FirstTokenMs">Until the first token of all sequences (TTFT).</param>
/// <param name="TotalMs">Until the last token.</param>
public sealed record GenerationTime(Workload Workload, double FirstTokenMs, double TotalMs)
{
    /// <summary>Generated tokens of all sequences per second.</summary>
    public double TokensPerSecond => 1000.0 * Workload.Batch * Workload.OutputTokens / TotalMs;

    /// <summary>Time per output token after the first (TPOT), milliseconds.</summary>
    public double PerTokenMs => (TotalMs - FirstTokenMs) / Math.Max(1, Workload.OutputTokens - 1);
}
