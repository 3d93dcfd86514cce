namespace Puzzle.Core.Telemetry;

/// <summary>Records the resident memory of this process every second, as <c>memory/resident_mib</c> by seconds since the start.</summary>
public sealed class MemorySampler : IDisposable
{
    private readonly MetricsFile _metrics;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly long _began;
    private readonly Lock _gate = new();
    private bool _stopped;

    public MemorySampler(MetricsFile metrics, TimeProvider? time = null)
    {
        (_metrics, _time) = (metrics, time ?? TimeProvider.System);
        _began = _time.GetTimestamp();
        _timer = _time.CreateTimer(_ => Sample(), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
            _stopped = true;
        _timer.Dispose();
    }

    private void Sample()
    {
        lock (_gate)
        {
            if (_stopped)
                return;
            try
            {
                _metrics.Write("memory", (long)_time.GetElapsedTime(_began).TotalSeconds, ("resident_mib", Math.Round(ProcessMemory.Resident / 1048576.0, 1)));
            }
            catch (IOException)
            {
                // A sampler must not end a run; the stage itself will meet the full disk and say so.
                _stopped = true;
            }
        }
    }
}
