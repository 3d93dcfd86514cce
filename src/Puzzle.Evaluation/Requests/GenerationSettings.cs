namespace Puzzle.Evaluation.Requests;

/// <summary>How text is generated (<c>generation_kwargs</c>): greedily, up to a stop string or a number of ids.</summary>
/// <param name="Until">The text ends before the first of these.</param>
/// <param name="MaxNewTokens">Ids at most.</param>
public sealed record GenerationSettings(IReadOnlyList<string> Until, int MaxNewTokens)
{
    /// <summary>The harness's limit where a task names none.</summary>
    public const int DefaultMaxNewTokens = 256;
}
