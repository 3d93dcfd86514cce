namespace Puzzle.Core.Checkpoints;

/// <summary>What a nemotron-nas writer does with feed-forward widths that are no multiple of 256.</summary>
public enum OddWidths
{
    /// <summary>Writes <c>intermediate_size</c> alone: exact for readers of that field (Puzzle, vLLM), not loadable by the hub's code.</summary>
    Keep,

    /// <summary>Fills up with zero columns to the next multiple of 256: the same function, loadable everywhere.</summary>
    Pad,

    /// <summary>Refuses them.</summary>
    Refuse,
}
