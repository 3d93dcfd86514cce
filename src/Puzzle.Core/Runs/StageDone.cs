namespace Puzzle.Core.Runs;

/// <summary>What <c>done.json</c> in a stage's folder says; it is written last.</summary>
public sealed record StageDone
{
    /// <summary>The hash of everything that went in.</summary>
    public required string Key { get; init; }

    /// <summary>The hash of everything that came out. Later stages depend on this, so a stage that is redone with the same result costs them nothing.</summary>
    public required string Result { get; init; }

    /// <summary>The stage's code version.</summary>
    public int Version { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset Finished { get; init; }

    /// <summary>Wall time of the attempt that finished it, and of those before it that were interrupted.</summary>
    public double Seconds { get; init; }

    /// <summary>Peak resident memory, MiB.</summary>
    public double? PeakMib { get; init; }

    /// <summary>Seconds after the run's own start.</summary>
    public double? StartSeconds { get; init; }

    /// <summary>What went in, by name; long parts by their hash.</summary>
    public IReadOnlyDictionary<string, string> Inputs { get; init; } = new Dictionary<string, string>();

    /// <summary>Every file, relative to the run folder, with its size in bytes.</summary>
    public IReadOnlyDictionary<string, long> Artefacts { get; init; } = new Dictionary<string, long>();
}
