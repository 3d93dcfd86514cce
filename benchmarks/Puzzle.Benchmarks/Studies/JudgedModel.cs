using Puzzle.Core.Evaluation;

namespace Puzzle.Benchmarks.Studies;

/// <summary>A model beside the study's parent.</summary>
/// <param name="Name">For tables.</param>
/// <param name="BlockParams">Parameters of its layers.</param>
/// <param name="Tasks">Its scores, task by task.</param>
/// <param name="Recovery">Mean over tasks of its score over the parent's.</param>
/// <param name="RecoveryLow">Lower bound of the 95 % interval.</param>
/// <param name="RecoveryHigh">Upper bound.</param>
/// <param name="Texts">By the text's name.</param>
internal sealed record JudgedModel(
    string Name, long BlockParams, IReadOnlyList<TaskComparison> Tasks, double? Recovery, double? RecoveryLow, double? RecoveryHigh, IReadOnlyDictionary<string, TextComparison> Texts);
