using Puzzle.Evaluation.Metrics;
using Puzzle.Evaluation.Tasks;

namespace Puzzle.Evaluation.TaskFiles;

/// <summary>
/// One task file, with the harness's field names (in .NET spelling), defaults and meanings. Fields that may be a template,
/// a column's name, a number, a list or a function are kept as they stand.
/// </summary>
public sealed record TaskConfiguration
{
    /// <summary>Where the task was read from, for errors and for data files named relative to it.</summary>
    public required string Source { get; init; }

    public required string Task { get; init; }

    public string? TaskAlias { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    public string? DatasetPath { get; init; }

    public string? DatasetName { get; init; }

    /// <summary>Split to files (<c>dataset_kwargs.data_files</c>).</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> DataFiles { get; init; } = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);

    public string? TrainingSplit { get; init; }

    public string? ValidationSplit { get; init; }

    public string? TestSplit { get; init; }

    public FunctionReference? ProcessDocs { get; init; }

    public object? DocToText { get; init; }

    public object? DocToTarget { get; init; }

    public object? DocToChoice { get; init; }

    public FunctionReference? ProcessResults { get; init; }

    public string? Description { get; init; }

    public string TargetDelimiter { get; init; } = " ";

    public string FewShotDelimiter { get; init; } = "\n\n";

    public FewShotConfiguration FewShot { get; init; } = new();

    public int? Shots { get; init; }

    public TaskOutput Output { get; init; } = TaskOutput.GenerateUntil;

    public GenerationConfiguration Generation { get; init; } = new();

    public required IReadOnlyList<MetricConfiguration> Metrics { get; init; }

    public IReadOnlyList<FilterConfiguration> Filters { get; init; } = [];

    public string? GenerationPrefix { get; init; }

    /// <summary><c>metadata.version</c> as written.</summary>
    public object? Version { get; init; }

    /// <summary>The file's keys and values with includes resolved, for the result file.</summary>
    public required IReadOnlyDictionary<string, object?> Raw { get; init; }

    /// <summary>The split whose documents are asked: test, else validation.</summary>
    public string? EvaluationSplit => TestSplit ?? ValidationSplit;
}
