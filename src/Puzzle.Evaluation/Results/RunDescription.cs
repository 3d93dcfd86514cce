namespace Puzzle.Evaluation.Results;

/// <summary>What a result file says about the run besides its numbers.</summary>
public sealed record RunDescription
{
    /// <summary>The model as the user named it.</summary>
    public required string Model { get; init; }

    public required EvaluationOptions Options { get; init; }

    public DateTimeOffset Start { get; init; }

    /// <summary>The chat template in use, or null.</summary>
    public string? ChatTemplate { get; init; }

    /// <summary>Further facts for <c>config</c>: engine, device, threads.</summary>
    public IReadOnlyDictionary<string, object?> Environment { get; init; } = new Dictionary<string, object?>(StringComparer.Ordinal);

    /// <summary>The model's name as a folder's name, as the harness makes it.</summary>
    public string SanitisedModel => System.Text.RegularExpressions.Regex.Replace(Model, "[\"<>:/\\|\\\\?\\*\\[\\]]+", "__");

    /// <summary>The moment of the run in file names.</summary>
    public string Stamp => Start.ToString("yyyy-MM-ddTHH-mm-ss.ffffff");
}
