namespace Puzzle.Core.Telemetry;

/// <summary>Where progress is shown: a live table on a terminal, plain lines elsewhere, nothing when quiet. Called from one thread at a time.</summary>
public interface IProgressScreen
{
    /// <summary>A stage begins.</summary>
    void StageBegan(string stage, string purpose);

    /// <summary>Work moved on. Called often: the screen decides how much of it to show.</summary>
    void Update(ProgressSnapshot snapshot);

    /// <summary>A stage ended, or its result was there already.</summary>
    void StageEnded(string stage, TimeSpan took, bool reused);

    /// <summary>A line worth keeping.</summary>
    void Line(string? stage, string text, bool warning);
}
