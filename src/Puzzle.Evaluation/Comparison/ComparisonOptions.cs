using Puzzle.Evaluation.TaskFiles;

namespace Puzzle.Evaluation.Comparison;

/// <summary>What parent and children are compared on.</summary>
public sealed record ComparisonOptions
{
    /// <summary>Tasks and groups; null: text alone.</summary>
    public TaskSelection? Tasks { get; init; }

    /// <summary>How the tasks run.</summary>
    public EvaluationOptions Evaluation { get; init; } = new();

    /// <summary>Tokens of a sequence at most; null: what the model was trained for.</summary>
    public int? MaxLength { get; init; }

    /// <summary>How intervals are made, and by which metric a task counts.</summary>
    public RecoveryOptions Recovery { get; init; } = new();

    /// <summary>
    /// Token ids of held-out text without special ones, for loss, KL and top-1 agreement: consecutive windows and one more id,
    /// the last target. Fewer than a window and its target: none of these.
    /// </summary>
    public ReadOnlyMemory<int> Text { get; init; }

    /// <summary>Tokens of a window of that text, each alone from position 0.</summary>
    public int Window { get; init; } = 256;
}
