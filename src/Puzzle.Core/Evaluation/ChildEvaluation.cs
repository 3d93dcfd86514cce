using Puzzle.Core.Measurement;

namespace Puzzle.Core.Evaluation;

/// <summary>What stage evaluate found: parent and child side by side.</summary>
public sealed record ChildEvaluation
{
    /// <summary>The file of the stage's result.</summary>
    public const string File = "evaluation.json";

    /// <summary>Held-out text; null where there is none.</summary>
    public TextComparison? Text { get; init; }

    /// <summary>One entry a task.</summary>
    public IReadOnlyList<TaskComparison> Tasks { get; init; } = [];

    /// <summary>One entry for each engine and scenario.</summary>
    public IReadOnlyList<SpeedComparison> Speeds { get; init; } = [];

    /// <summary>Engines that were asked for and not timed: why not.</summary>
    public IReadOnlyDictionary<string, string> NotTimed { get; init; } = new Dictionary<string, string>();

    /// <summary>Baselines that were healed like the child.</summary>
    public IReadOnlyList<BaselineEvaluation> Baselines { get; init; } = [];

    /// <summary>Mean over tasks of child / parent.</summary>
    public double? Recovery { get; init; }

    /// <summary>The lower bound of its 95 % interval: a paired bootstrap over the documents of all tasks.</summary>
    public double? RecoveryLow { get; init; }

    /// <summary>The upper bound.</summary>
    public double? RecoveryHigh { get; init; }

    /// <summary>The same after chance is subtracted.</summary>
    public double? RecoveryAboveChance { get; init; }
}

/// <summary>Parent and child on held-out text: windows, each alone from position 0, all positions.</summary>
/// <param name="ParentLoss">Cross-entropy of the next token, nats.</param>
/// <param name="ChildLoss">The child's.</param>
/// <param name="Kl">KL(parent || child), nats a token.</param>
/// <param name="KlError">Its standard error over windows.</param>
/// <param name="TopOneAgreement">Share of positions where both put the same token first.</param>
/// <param name="Tokens">Positions.</param>
public sealed record TextComparison(double ParentLoss, double ChildLoss, double Kl, double? KlError, double TopOneAgreement, long Tokens);

/// <summary>Parent and child on a task. Recovery is child over parent, its bounds the 95 % interval of a paired bootstrap over documents.</summary>
public sealed record TaskComparison(
    string Task, string Metric, double Parent, double Child, double? Recovery, double? RecoveryLow, double? RecoveryHigh, double? RecoveryAboveChance, int Documents, double Chance)
{
    /// <summary>Standard error of the parent's score.</summary>
    public double? ParentError { get; init; }

    /// <summary>The child's.</summary>
    public double? ChildError { get; init; }
}

/// <summary>A healed baseline on the same tasks, text and workloads.</summary>
/// <param name="Name">As recipes write it.</param>
/// <param name="Recovery">Mean over tasks of baseline / parent.</param>
/// <param name="Text">On held-out text.</param>
/// <param name="Speeds">One entry for each scenario, engine torch.</param>
/// <param name="BlockParams">Parameters of its layers.</param>
public sealed record BaselineEvaluation(string Name, double? Recovery, TextComparison? Text, IReadOnlyList<SpeedComparison> Speeds, long BlockParams);
