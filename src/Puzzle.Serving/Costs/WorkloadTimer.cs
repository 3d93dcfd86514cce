using System.Diagnostics;
using Puzzle.Core.Measurement;
using Puzzle.Serving.Engine;

namespace Puzzle.Serving.Costs;

/// <summary>A model, or a stack of subblocks, with room for one workload: times its prefill and its steps.</summary>
internal sealed class WorkloadTimer : IDisposable
{
    // Short steps are repeated until they take so long together.
    private const double LeastMs = 1.5;

    private readonly CpuDecoder _decoder;
    private readonly Workload _workload;
    private readonly TokenBatch _batch;
    private readonly int[] _prompt;
    private readonly int[] _next = new int[1];

    /// <param name="model">What is timed.</param>
    /// <param name="workload">How much room.</param>
    /// <param name="options">Threads and chunks.</param>
    /// <param name="like">Whose choice of threads is taken; null: it measures its own.</param>
    public WorkloadTimer(CpuModel model, Workload workload, EngineOptions options, CpuDecoder? like)
    {
        _workload = workload;
        _decoder = new CpuDecoder(model, workload.Batch, workload.PromptTokens + workload.OutputTokens + 1, options, like: like);
        _batch = new TokenBatch(_decoder.MaxTokens, workload.Batch);
        _prompt = [.. Enumerable.Range(0, workload.PromptTokens).Select(i => (int)(i * 7919L % model.Config.VocabSize))];
    }

    public CpuDecoder Decoder => _decoder;

    /// <summary>Milliseconds until every sequence has its first token. Long batches are timed on some of their sequences.</summary>
    /// <param name="all">Whether all sequences are computed, whatever it takes.</param>
    public double PrefillMs(bool all = false)
    {
        var sequences = all ? _workload.Batch : Math.Min(_workload.Batch, Math.Max(1, (_decoder.MaxTokens + _workload.PromptTokens - 1) / _workload.PromptTokens));
        for (var slot = 0; slot < _workload.Batch; slot++)
            _decoder.Pretend(slot, 0);
        var start = Stopwatch.GetTimestamp();
        _batch.Clear();
        for (var slot = 0; slot < sequences; slot++)
        {
            var given = 0;
            while (given < _prompt.Length)
            {
                var count = Math.Min(_batch.Room, _prompt.Length - given);
                _batch.Add(slot, _prompt.AsSpan(given, count), wantsLogits: given + count == _prompt.Length);
                given += count;
                if (_batch.Room == 0)
                    Pass();
            }
        }

        if (_batch.Tokens > 0)
            Pass();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds * _workload.Batch / sequences;
    }

    /// <summary>Milliseconds of one step of all sequences, each with so many tokens before it.</summary>
    public double DecodeMs(int context)
    {
        var (passes, start) = (0, Stopwatch.GetTimestamp());
        double elapsed;
        do
        {
            for (var slot = 0; slot < _workload.Batch; slot++)
                _decoder.Pretend(slot, context);
            Step();
            passes++;
            elapsed = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }
        while (elapsed < LeastMs);
        return elapsed / passes;
    }

    /// <summary>One run from the prompts to the last token.</summary>
    public GenerationTime Generate()
    {
        var start = Stopwatch.GetTimestamp();
        PrefillMs(all: true);
        var first = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        for (var step = 1; step < _workload.OutputTokens; step++)
            Step();
        return new GenerationTime(_workload, first, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
    }

    /// <inheritdoc/>
    public void Dispose() => _decoder.Dispose();

    private void Step()
    {
        for (var slot = 0; slot < _workload.Batch; slot++)
        {
            _next[0] = _decoder.Best(slot); // right after a prefill some other sequence's: time does not depend on it
            _batch.Add(slot, _next, wantsLogits: true);
        }

        Pass();
    }

    private void Pass()
    {
        _decoder.Run(_batch);
        _batch.Clear();
    }
}
