using Puzzle.Core.Measurement;
using Puzzle.Serving.LlamaCpp;

namespace Puzzle.Serving.Costs.LlamaCpp;

/// <summary>A whole model in llama.cpp; the room for the last workload is kept for the next run of it.</summary>
/// <param name="file">The model's GGUF file, owned.</param>
/// <param name="library">llama.cpp.</param>
/// <param name="threads">Threads of every pass.</param>
/// <param name="halfCache">Whether keys and values are kept in half precision.</param>
internal sealed class LlamaCppTimedModel(TemporaryGguf file, LlamaCppLibrary library, int threads, bool halfCache) : ITimedModel
{
    private readonly LlamaCppModel _model = LlamaCppModel.Open(library, file.Path);
    private LlamaCppTimer? _timer;
    private Workload? _workload;

    /// <inheritdoc/>
    public GenerationTime Time(Workload workload)
    {
        if (_timer is null || workload != _workload)
        {
            _timer?.Dispose();
            _timer = null;
            (_timer, _workload) = (new LlamaCppTimer(_model, workload, threads, halfCache), workload);
        }

        return _timer.Generate();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer?.Dispose();
        _model.Dispose();
        file.Dispose();
    }
}
