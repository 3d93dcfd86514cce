using Puzzle.Core.Evaluation;
using Puzzle.Evaluation.Results;

namespace Puzzle.Evaluation.Comparison;

/// <summary>A child beside its parent.</summary>
/// <param name="Result">The child's own scores; null without tasks.</param>
/// <param name="Recovery">What it keeps of the parent's; null without tasks.</param>
/// <param name="Divergence">On text; null without text.</param>
public sealed record ComparedChild(EvaluationResult? Result, RecoveryReport? Recovery, Divergence? Divergence)
{
    /// <summary>The tasks as a run keeps them.</summary>
    public IReadOnlyList<TaskComparison> Tasks =>
    [
        .. (Recovery?.Tasks ?? []).Select(task => new TaskComparison(
            task.Task, task.Metric, task.Parent, task.Child, task.Recovery, task.RecoveryInterval?.Lower, task.RecoveryInterval?.Upper, task.RecoveryAboveChance, task.Documents, task.Chance)
        {
            ParentError = task.ParentError,
            ChildError = task.ChildError,
        }),
    ];

    /// <summary>The text as a run keeps it.</summary>
    public TextComparison? Text => Divergence is { } text
        ? new TextComparison(text.ParentLoss, text.ChildLoss, text.Kl, text.KlStdErr, text.TopAgreement, text.Tokens)
        : null;
}
