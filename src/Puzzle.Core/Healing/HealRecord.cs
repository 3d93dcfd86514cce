namespace Puzzle.Core.Healing;

/// <summary>What came of a healing.</summary>
public sealed record HealRecord
{
    /// <summary>Validation KL of the stitched child.</summary>
    public double Before { get; init; }

    /// <summary>Validation KL of the weights that were kept.</summary>
    public double Best { get; init; }

    /// <summary>The stitched child's mean score on the validation tasks; null where the recipe names none.</summary>
    public double? TasksBefore { get; init; }

    /// <summary>The same of the weights that were kept.</summary>
    public double? TasksBest { get; init; }

    /// <summary>The step they are from; 0 is the stitched child.</summary>
    public long BestStep { get; init; }

    /// <summary>Looks at the validation text since then.</summary>
    public int LooksWithoutGain { get; init; }

    /// <summary>Steps taken.</summary>
    public long Steps { get; init; }

    /// <summary>Tokens trained on.</summary>
    public long Tokens { get; init; }
}
