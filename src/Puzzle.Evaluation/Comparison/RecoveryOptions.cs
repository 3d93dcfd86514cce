namespace Puzzle.Evaluation.Comparison;

/// <summary>How confidence intervals of recoveries are made.</summary>
public sealed record RecoveryOptions
{
    /// <summary>Bootstrap resamples.</summary>
    public int Resamples { get; init; } = 10_000;

    public double Confidence { get; init; } = 0.95;

    public int Seed { get; init; } = 1234;

    /// <summary>The metric that each task counts by where it has it (acc, acc_norm, ...); null: acc_norm, else acc, else its first.</summary>
    public string? Metric { get; init; }
}
