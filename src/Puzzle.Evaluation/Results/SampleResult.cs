using Puzzle.Evaluation.Tasks;

namespace Puzzle.Evaluation.Results;

/// <summary>One document with the model's answers and what they scored.</summary>
public sealed record SampleResult(TaskDocument Document, IReadOnlyList<Response> Responses, IReadOnlyList<FilteredScore> Scores);
