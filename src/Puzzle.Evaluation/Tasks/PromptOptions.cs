namespace Puzzle.Evaluation.Tasks;

/// <summary>How prompts are made, the same for all tasks of a run.</summary>
public sealed record PromptOptions
{
    /// <summary>The harness's default seed of few-shot draws.</summary>
    public const int DefaultFewShotSeed = 1234;

    /// <summary>Only the first so many documents; null takes all.</summary>
    public int? Limit { get; init; }

    /// <summary>Overrides the task's own number of solved cases.</summary>
    public int? Shots { get; init; }

    public int FewShotSeed { get; init; } = DefaultFewShotSeed;

    /// <summary>Renders messages by the model's chat template; null makes plain prompts.</summary>
    public Func<IReadOnlyList<ChatMessage>, bool, string>? ChatTemplate { get; init; }

    /// <summary>Whether solved cases are turns of their own (with a chat template) or part of one user message.</summary>
    public bool FewShotAsMultiturn { get; init; }

    /// <summary>A system message put before everything.</summary>
    public string? SystemInstruction { get; init; }
}
