namespace Puzzle.Core.Telemetry;

/// <summary>Tells whoever watches how far a run is. Safe to call from any thread.</summary>
/// <param name="screen">Where it is shown; null: nowhere.</param>
/// <param name="time">The clock.</param>
public sealed class RunProgress(IProgressScreen? screen = null, TimeProvider? time = null)
{
    private const double RateWindowSeconds = 20;
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Lock _gate = new();
    private readonly Queue<(double Seconds, long Done)> _recent = new();
    private string _stage = "";
    private string _unit = "";
    private string? _what;
    private long _total;
    private long _stageBegan;

    /// <summary>The stage that runs now; empty between stages.</summary>
    public string Stage => _stage;

    /// <summary>A stage begins.</summary>
    public void BeginStage(string stage, string purpose)
    {
        lock (_gate)
        {
            (_stage, _what, _total, _unit, _stageBegan) = (stage, null, 0, "", _time.GetTimestamp());
            _recent.Clear();
            screen?.StageBegan(stage, purpose);
        }
    }

    /// <summary>A stage ended, or its result was there already.</summary>
    public void EndStage(string stage, TimeSpan took, bool reused)
    {
        lock (_gate)
        {
            screen?.StageEnded(stage, took, reused);
            _stage = "";
        }
    }

    /// <summary>From now on, progress counts these. Work done earlier (a resumed loop) is passed as <paramref name="done"/>, so that the rate is right.</summary>
    public void Count(long total, string unit, long done = 0, string? what = null)
    {
        lock (_gate)
        {
            (_total, _unit, _what) = (total, unit, what);
            _recent.Clear();
            _recent.Enqueue((Now(), done));
        }

        Advance(done, what: what);
    }

    /// <summary>So much is done.</summary>
    /// <param name="done">Of the total, since the beginning.</param>
    /// <param name="loss">The loss, where there is one.</param>
    /// <param name="what">What is worked on now; null leaves it.</param>
    public void Advance(long done, double? loss = null, string? what = null)
    {
        lock (_gate)
        {
            _what = what ?? _what;
            var now = Now();
            _recent.Enqueue((now, done));
            while (_recent.Count > 2 && now - _recent.Peek().Seconds > RateWindowSeconds)
                _recent.Dequeue();
            var (since, before) = _recent.Peek();
            double? rate = now - since > 0.05 && done > before ? (done - before) / (now - since) : null;
            TimeSpan? eta = rate is { } r && _total > done ? TimeSpan.FromSeconds(Math.Min((_total - done) / r, 3e8)) : null;
            screen?.Update(new ProgressSnapshot(_stage, _what, done, _total, _unit, rate, loss, eta, _time.GetElapsedTime(_stageBegan)));
        }
    }

    /// <summary>A line worth keeping.</summary>
    public void Note(string text) => Say(text, warning: false);

    /// <summary>Something the user should know; nothing stops.</summary>
    public void Warn(string text) => Say(text, warning: true);

    private void Say(string text, bool warning)
    {
        lock (_gate)
            screen?.Line(_stage.Length > 0 ? _stage : null, text, warning);
    }

    private double Now() => _time.GetTimestamp() / (double)_time.TimestampFrequency;
}
