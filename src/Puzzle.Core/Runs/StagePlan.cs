namespace Puzzle.Core.Runs;

/// <summary>What a run would do about a stage.</summary>
/// <param name="Stage">Its name.</param>
/// <param name="Purpose">What it does.</param>
/// <param name="State">Whether it would run.</param>
/// <param name="Reason">Why, in a few words.</param>
/// <param name="Estimate">What it would take; null where it is done.</param>
public sealed record StagePlan(string Stage, string Purpose, StageState State, string Reason, StageEstimate? Estimate);

/// <summary>Where a stage stands.</summary>
public enum StageState
{
    /// <summary>Its result is there.</summary>
    Done,

    /// <summary>It would run.</summary>
    Run,

    /// <summary>It lies outside --from and --until.</summary>
    Skipped,
}
