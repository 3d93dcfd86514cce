namespace Puzzle.Core.Runtime;

/// <summary>One thing that was looked at on this machine.</summary>
/// <param name="Name">What: libtorch, memory, Slurm.</param>
/// <param name="State">Good, absent (and that is fine), or wrong.</param>
/// <param name="Found">What was found.</param>
/// <param name="Mend">What to do about it; null where nothing need be done.</param>
public sealed record Diagnosis(string Name, DiagnosisState State, string Found, string? Mend = null);

/// <summary>How a thing stands.</summary>
public enum DiagnosisState
{
    /// <summary>There and in order.</summary>
    Good,

    /// <summary>Not there, and not needed for everything.</summary>
    Absent,

    /// <summary>There but not in order, or needed and not there.</summary>
    Wrong,
}
