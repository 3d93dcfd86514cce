using Puzzle.Evaluation.Requests;

namespace Puzzle.Evaluation.Tasks;

/// <summary>One document of a task with what is asked of the model.</summary>
public sealed record TaskDocument
{
    /// <summary>Position in the split, counted from 0.</summary>
    public required int Index { get; init; }

    /// <summary>The document as the task sees it, for the samples file.</summary>
    public required IReadOnlyDictionary<string, object?> Content { get; init; }

    /// <summary>What would be right: an index, a text, or a list of either.</summary>
    public required object? Target { get; init; }

    public required IReadOnlyList<EvalRequest> Requests { get; init; }

    /// <summary>Choices as they are counted for length normalisation; empty where there are none.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>The indices of the right choices; empty where there are none.</summary>
    public IReadOnlyList<int> Gold { get; init; } = [];

    /// <summary>Probability that a blind guess is right; 0 for open answers.</summary>
    public double Chance { get; init; }
}
