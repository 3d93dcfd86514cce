namespace Puzzle.Serving.Engine;

/// <summary>A prompt to continue.</summary>
public sealed record GenerateRequest
{
    /// <summary>At least one id.</summary>
    public required IReadOnlyList<int> Prompt { get; init; }

    /// <summary>Ends after so many new ids.</summary>
    public int MaxTokens { get; init; } = 128;

    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>Any of these ends the text and is not returned.</summary>
    public IReadOnlyCollection<int> EndIds { get; init; } = [];

    /// <summary>Any of these in the text ends it and is not part of it, wherever tokens begin and end. The engine needs a tokenizer for them.</summary>
    public IReadOnlyList<string> StopStrings { get; init; } = [];

    /// <summary>Asked after each new id with all new ids so far; true stops. Null never stops.</summary>
    public Func<IReadOnlyList<int>, bool>? IsFinished { get; init; }
}
