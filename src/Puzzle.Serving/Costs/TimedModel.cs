using Puzzle.Core.Measurement;
using Puzzle.Serving.Engine;

namespace Puzzle.Serving.Costs;

/// <summary>A whole model on this tool's engine; the room for the last workload is kept for the next run of it.</summary>
internal sealed class TimedModel(CpuModel model, EngineOptions options) : ITimedModel
{
    private WorkloadTimer? _timer;
    private Workload? _workload;

    public CpuModel Model => model;

    /// <inheritdoc/>
    public GenerationTime Time(Workload workload)
    {
        if (_timer is null || workload.Batch != _workload!.Batch || workload != _workload)
        {
            _timer?.Dispose();
            (_timer, _workload) = (new WorkloadTimer(model, workload, options, like: null), workload);
        }

        return _timer.Generate();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer?.Dispose();
        model.Dispose();
    }
}
