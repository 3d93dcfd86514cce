using Puzzle.Core.Telemetry;

namespace Puzzle.Cli.Screens;

/// <summary>Warnings only.</summary>
internal sealed class QuietScreen(TextWriter error) : IProgressScreen
{
    public void StageBegan(string stage, string purpose)
    {
    }

    public void Update(ProgressSnapshot snapshot)
    {
    }

    public void StageEnded(string stage, TimeSpan took, bool reused)
    {
    }

    public void Line(string? stage, string text, bool warning)
    {
        if (warning)
            error.WriteLine($"warning: {text}");
    }
}
