namespace Puzzle.Core.Runs;

/// <summary>Counts a stage's wall time over interrupted attempts: a small file in its folder is brought up to date every few seconds.</summary>
internal sealed class StageClock : IDisposable
{
    public const string FileName = "clock.json";
    private readonly string _path;
    private readonly string _key;
    private readonly double _before;
    private readonly TimeProvider _time;
    private readonly long _began;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private bool _stopped;

    public StageClock(string folder, string key, TimeProvider time)
    {
        (_path, _key, _time, _began) = (Path.Combine(folder, FileName), key, time, time.GetTimestamp());
        _before = AtomicFile.TryReadJson<Reading>(_path) is { } reading && reading.Key == key ? reading.Seconds : 0;
        _timer = time.CreateTimer(_ => Save(), null, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5));
    }

    public double Seconds => _before + _time.GetElapsedTime(_began).TotalSeconds;

    /// <summary>Stops it; when the stage is finished the file goes.</summary>
    public void Stop(bool finished)
    {
        lock (_gate)
        {
            if (_stopped)
                return;
            _stopped = true;
            if (finished)
                File.Delete(_path);
            else
                AtomicFile.WriteJson(_path, new Reading(_key, Seconds));
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Save()
    {
        lock (_gate)
        {
            try
            {
                if (!_stopped)
                    AtomicFile.WriteJson(_path, new Reading(_key, Seconds));
            }
            catch (Exception e) when (e is Errors.OutOfResourceException or IOException or UnauthorizedAccessException)
            {
                // A clock must not end a run; the stage itself will meet the full disk and say so.
            }
        }
    }

    private sealed record Reading(string Key, double Seconds);
}
