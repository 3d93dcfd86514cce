namespace Puzzle.Serving.Engine;

/// <summary>What became of a request.</summary>
/// <param name="Ids">The new ids, without the one that ended the text; those of a stop string are there.</param>
/// <param name="Reason">Why it ended.</param>
/// <param name="FirstTokenMs">From the start of the run to the first new id.</param>
/// <param name="TotalMs">From the start of the run to the last.</param>
public sealed record Generated(IReadOnlyList<int> Ids, FinishReason Reason, double FirstTokenMs, double TotalMs)
{
    /// <summary>The new text, up to a stop string; null where the engine has no tokenizer.</summary>
    public string? Text { get; init; }

    /// <summary>The stop string that ended the text, or null.</summary>
    public string? StopString { get; init; }
}

/// <summary>Why a text ended.</summary>
public enum FinishReason
{
    /// <summary>The model ended it, or a stop string was reached.</summary>
    Stop,

    /// <summary>It reached the most tokens that were allowed, or that fit.</summary>
    Length,
}
