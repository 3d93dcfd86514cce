namespace Puzzle.Core.Recipes;

/// <summary>The report and the records of the run.</summary>
public sealed record ReportSection
{
    /// <summary>The headline of the report. Default: the names of parent and scenario.</summary>
    public string? Title { get; init; }

    /// <summary>Whether TensorBoard files are written beside metrics.jsonl.</summary>
    public bool Tensorboard { get; init; }
}
