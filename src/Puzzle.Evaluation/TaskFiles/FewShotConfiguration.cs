namespace Puzzle.Evaluation.TaskFiles;

/// <summary>Where solved cases come from and how they are written (<c>fewshot_split</c>, <c>fewshot_config</c>).</summary>
public sealed record FewShotConfiguration
{
    public string? Split { get; init; }

    /// <summary><c>default</c> draws at random, <c>first_n</c> takes the first.</summary>
    public string Sampler { get; init; } = "default";

    /// <summary>The cases themselves, where the file lists them.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, object?>>? Samples { get; init; }

    /// <summary>Keeps only these of the split.</summary>
    public IReadOnlyList<int>? Indices { get; init; }

    public FunctionReference? ProcessDocs { get; init; }

    /// <summary>Null takes the task's own; so do the next ones.</summary>
    public object? DocToText { get; init; }

    public object? DocToTarget { get; init; }

    public object? DocToChoice { get; init; }

    public string? TargetDelimiter { get; init; }

    public string? Delimiter { get; init; }

    public string? GenerationPrefix { get; init; }
}
