using Puzzle.Evaluation.Metrics;
using Puzzle.Evaluation.Tasks;

namespace Puzzle.Evaluation;

/// <summary>How an evaluation runs.</summary>
public sealed record EvaluationOptions
{
    public PromptOptions Prompts { get; init; } = new();

    /// <summary>The most sequences in one forward pass: bounds memory, never changes results.</summary>
    public int BatchSize { get; init; } = 8;

    /// <summary>Resamples for standard errors that are bootstrapped; 0 leaves them out.</summary>
    public int BootstrapResamples { get; init; } = StandardError.DefaultResamples;

    /// <summary>A clock, for the time taken.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
