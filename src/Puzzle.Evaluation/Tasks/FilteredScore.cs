using Puzzle.Evaluation.Metrics;

namespace Puzzle.Evaluation.Tasks;

/// <summary>The metrics of one document after one filter.</summary>
/// <param name="Filter">The filter's name; <c>none</c> where a task has no filters.</param>
/// <param name="FilteredText">What the filter made of generated text; null for likelihoods.</param>
public sealed record FilteredScore(string Filter, IReadOnlyDictionary<string, DocumentScore> Scores, string? FilteredText = null)
{
    /// <summary>The filter of tasks that have none.</summary>
    public const string NoFilter = "none";
}
