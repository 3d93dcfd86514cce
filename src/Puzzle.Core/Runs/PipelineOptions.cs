namespace Puzzle.Core.Runs;

/// <summary>Which part of a pipeline is run.</summary>
public sealed record PipelineOptions
{
    /// <summary>This stage and all after it are done again; those before it are taken as they are.</summary>
    public string? From { get; init; }

    /// <summary>The last stage to run.</summary>
    public string? Until { get; init; }
}
