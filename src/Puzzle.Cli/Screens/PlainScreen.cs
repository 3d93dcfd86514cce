using Puzzle.Core.Telemetry;

namespace Puzzle.Cli.Screens;

/// <summary>Log lines for pipes and files: <c>14:02:11 distill layer 17 gqa_2 400/2000 tokens loss 0.0132 38k tokens/s eta 3m</c>, one every few seconds.</summary>
internal sealed class PlainScreen(TextWriter error, bool verbose, TimeProvider? time = null) : IProgressScreen
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly TimeSpan _every = TimeSpan.FromSeconds(verbose ? 2 : 10);
    private long _last;

    public void StageBegan(string stage, string purpose)
    {
        _last = _time.GetTimestamp();
        Write($"{stage}: {purpose}");
    }

    public void Update(ProgressSnapshot snapshot)
    {
        if (_time.GetElapsedTime(_last) < _every)
            return;
        _last = _time.GetTimestamp();
        Write($"{snapshot.Stage} {ProgressText.Of(snapshot)}");
    }

    public void StageEnded(string stage, TimeSpan took, bool reused) =>
        Write(reused ? $"{stage}: there already" : $"{stage}: done in {ProgressText.Duration(took)}");

    public void Line(string? stage, string text, bool warning) =>
        Write($"{(stage is null ? "" : stage + ": ")}{(warning ? "warning: " : "")}{text}");

    private void Write(string text) => error.WriteLine($"{_time.GetLocalNow():HH:mm:ss} {text}");
}
