using System.Diagnostics;
using Puzzle.Core.Measurement;
using Puzzle.Serving.Engine;

namespace Puzzle.Serving.Costs;

/// <summary>A model, or a stack of subblocks, with room for one workload: times its prefill and its steps.</summary>
internal sealed class WorkloadTimer : IDisposable
{
    // Short runs are repeated until they take so long together; a run that takes longer than ColdMs is timed as it comes.
    private const double LeastMs = 2;
    private const double ColdMs = 100;

    private readonly CpuDecoder _decoder;
    private readonly Workload _workload;
    private readonly TokenBatch _batch;
    private readonly int[] _prompt;
    private readonly int[] _next = new int[1];

    /// <param name="model">What is timed.</param>
    /// <param name="workload">How much room.</param>
    /// <param name="options">Threads and chunks.</param>
    /// <param name="like">Whose threads are taken; null: it has its own.</param>
    public WorkloadTimer(CpuModel model, Workload workload, EngineOptions options, CpuDecoder? like)
    {
        _workload = workload;
        _decoder = new CpuDecoder(model, workload.Batch, workload.PromptTokens + workload.OutputTokens + 1, options, like: like);
        _batch = new TokenBatch(_decoder.MaxTokens, workload.Batch);
        _prompt = [.. Enumerable.Range(0, workload.PromptTokens).Select(i => (int)(i * 7919L % model.Config.VocabSize))];
    }

    public CpuDecoder Decoder => _decoder;

    /// <summary>
    /// Milliseconds until every sequence has its first token. Long batches are timed on some of their sequences, short ones
    /// several times, after a run that brings weights and cache where they are while a model serves.
    /// </summary>
    public double PrefillMs()
    {
        var sequences = Math.Min(_workload.Batch, Math.Max(1, (_decoder.MaxTokens + _workload.PromptTokens - 1) / _workload.PromptTokens));
        return PerRun(() => Prefill(sequences)) * _workload.Batch / sequences;
    }

    /// <summary>Milliseconds of one step of all sequences, each with so many tokens before it.</summary>
    public double DecodeMs(int context) => PerRun(() =>
    {
        for (var slot = 0; slot < _workload.Batch; slot++)
            _decoder.Pretend(slot, context);
        Step();
    });

    /// <summary>One run from the prompts to the last token.</summary>
    public GenerationTime Generate()
    {
        var start = Stopwatch.GetTimestamp();
        Prefill(_workload.Batch);
        var first = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        for (var step = 1; step < _workload.OutputTokens; step++)
            Step();
        return new GenerationTime(_workload, first, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
    }

    /// <inheritdoc/>
    public void Dispose() => _decoder.Dispose();

    private static double PerRun(Action run)
    {
        var start = Stopwatch.GetTimestamp();
        run();
        if (Stopwatch.GetElapsedTime(start).TotalMilliseconds is >= ColdMs and var once)
            return once;
        var passes = 0;
        start = Stopwatch.GetTimestamp();
        double elapsed;
        do
        {
            run();
            passes++;
            elapsed = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }
        while (elapsed < LeastMs);
        return elapsed / passes;
    }

    private void Prefill(int sequences)
    {
        for (var slot = 0; slot < _workload.Batch; slot++)
            _decoder.Pretend(slot, 0);
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
    }

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
