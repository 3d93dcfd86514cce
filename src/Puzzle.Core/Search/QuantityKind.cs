namespace Puzzle.Core.Search;

/// <summary>How a limit's quantity follows from a stat of the library.</summary>
public enum QuantityKind
{
    /// <summary>The sum of the stat over the chosen items, and what is in no layer.</summary>
    Sum,

    /// <summary>That sum divided by the scenario's output tokens.</summary>
    PerOutputToken,

    /// <summary>batch * output tokens / runtime.</summary>
    GeneratedThroughput,

    /// <summary>batch * (prompt + output tokens) / runtime.</summary>
    TotalThroughput,
}
