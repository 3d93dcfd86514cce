using Puzzle.Evaluation.Requests;

namespace Puzzle.Evaluation.TaskFiles;

/// <summary><c>generation_kwargs</c>.</summary>
public sealed record GenerationConfiguration
{
    /// <summary>Null where the file says nothing: the few-shot delimiter ends the text.</summary>
    public IReadOnlyList<string>? Until { get; init; }

    public int MaxNewTokens { get; init; } = GenerationSettings.DefaultMaxNewTokens;
}
