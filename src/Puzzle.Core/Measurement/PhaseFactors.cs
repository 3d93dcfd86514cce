namespace Puzzle.Core.Measurement;

/// <summary>Measured over predicted, one factor a phase.</summary>
/// <param name="Prefill">Of the time to the first token.</param>
/// <param name="Decode">Of the time of each further token.</param>
public sealed record PhaseFactors(double Prefill, double Decode)
{
    /// <summary>Corrects a time.</summary>
    public SubblockCost Of(SubblockCost cost) => cost with { PrefillMs = cost.PrefillMs * Prefill, FirstDecodeMs = cost.FirstDecodeMs * Decode, LastDecodeMs = cost.LastDecodeMs * Decode };

    /// <summary>Whether both are within a share of another's.</summary>
    public bool IsNear(PhaseFactors other, double share) => Math.Abs(Prefill / other.Prefill - 1) <= share && Math.Abs(Decode / other.Decode - 1) <= share;
}
