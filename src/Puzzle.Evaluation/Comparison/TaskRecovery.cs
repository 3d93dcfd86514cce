namespace Puzzle.Evaluation.Comparison;

/// <summary>How much of the parent's score on one task the child keeps.</summary>
/// <param name="Chance">What blind guessing scores.</param>
/// <param name="Recovery">Child / parent; null where the parent scores 0.</param>
/// <param name="RecoveryInterval">Paired bootstrap over documents.</param>
/// <param name="RecoveryAboveChance">(child - chance) / (parent - chance); null where the parent is not above chance.</param>
public sealed record TaskRecovery(
    string Task,
    string Metric,
    string Filter,
    int Documents,
    double Parent,
    double Child,
    double Chance,
    double? Recovery,
    Interval? RecoveryInterval,
    double? RecoveryAboveChance,
    Interval? RecoveryAboveChanceInterval)
{
    /// <summary>Standard error of the parent's score; null for a single document.</summary>
    public double? ParentError { get; init; }

    /// <summary>The child's.</summary>
    public double? ChildError { get; init; }
}
