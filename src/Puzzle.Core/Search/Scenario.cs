namespace Puzzle.Core.Search;

/// <summary>
/// A way the child will be used and what it must keep to there. A stat <c>runtime_ms</c> of scenario <c>chat</c> at batch 32 is
/// looked up as <c>runtime_ms@chat.b32</c>, <c>runtime_ms@chat</c>, <c>runtime_ms@b32</c>, <c>runtime_ms</c>, whichever the library has first.
/// </summary>
public sealed record Scenario
{
    /// <summary>Name for messages and for the suffix of stats; empty where there is only one.</summary>
    public string Name { get; init; } = "";

    /// <summary>Batch sizes to try; the one that allows the best quality wins. Empty: the costs do not depend on the batch.</summary>
    public IReadOnlyList<int> Batches { get; init; } = [];

    /// <summary>The most users at once; larger batches are not tried.</summary>
    public int? MaxBatch { get; init; }

    /// <summary>Tokens of the prompt; total throughput needs it.</summary>
    public int PromptTokens { get; init; }

    /// <summary>Generated tokens; throughput and time per output token need it.</summary>
    public int OutputTokens { get; init; }

    /// <summary>What the child must keep to in this scenario.</summary>
    public required IReadOnlyList<Limit> Limits { get; init; }

    /// <summary>The batches that the cap allows; one 0 where costs do not depend on the batch.</summary>
    internal IReadOnlyList<int> AllowedBatches => Batches.Count == 0 ? [0] : [.. Batches.Where(batch => batch <= (MaxBatch ?? int.MaxValue)).Distinct()];

    /// <summary>The names under which a stat of this scenario at a batch may stand in the library, most specific first.</summary>
    internal IEnumerable<string> ColumnNames(string stat, int batch)
    {
        if (Name.Length > 0 && batch > 0)
            yield return $"{stat}@{Name}.b{batch}";
        if (Name.Length > 0)
            yield return $"{stat}@{Name}";
        if (batch > 0)
            yield return $"{stat}@b{batch}";
        yield return stat;
    }
}
