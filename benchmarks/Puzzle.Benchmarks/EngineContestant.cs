using System.Diagnostics;
using Puzzle.Serving.Engine;

namespace Puzzle.Benchmarks;

/// <summary>Puzzle's engine. Its steps end with the most likely token.</summary>
internal sealed class EngineContestant : IContestant
{
    private readonly CpuDecoder _prompt;
    private readonly Dictionary<int, CpuDecoder> _decoders = [];
    private readonly TokenBatch _batch = new(512, 32);
    private readonly int _vocabulary;

    /// <param name="model">Goes with it.</param>
    /// <param name="prompt">The most tokens of a prompt.</param>
    /// <param name="batches">Sequences of the steps that will be timed, the most of them last.</param>
    /// <param name="context">Tokens before a step.</param>
    /// <param name="threads">Threads.</param>
    public EngineContestant(CpuModel model, int prompt, IReadOnlyList<int> batches, int context, int threads)
    {
        _vocabulary = model.Config.VocabSize;
        var options = new EngineOptions { Threads = threads };
        var largest = new CpuDecoder(model, batches[^1], context + 8, options, ownsModel: true);
        foreach (var batch in batches)
            _decoders[batch] = batch == batches[^1] ? largest : new CpuDecoder(model, batch, context + 8, options, like: largest);
        _prompt = new CpuDecoder(model, 1, prompt, options, like: largest);
    }

    /// <inheritdoc/>
    public double Prefill(int tokens)
    {
        _prompt.Truncate(0, 0);
        _batch.Clear();
        _batch.Add(0, Ids(tokens), wantsLogits: true);
        var start = Stopwatch.GetTimestamp();
        _prompt.Run(_batch);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <inheritdoc/>
    public double Decode(int batch, int context)
    {
        var decoder = _decoders[batch];
        for (var slot = 0; slot < batch && decoder.Length(slot) == 0; slot++)
        {
            _batch.Clear();
            _batch.Add(slot, Ids(context), wantsLogits: true);
            decoder.Run(_batch);
        }

        var steps = Steps(batch);
        var seconds = 0.0;
        for (var step = 0; step < steps; step++)
        {
            _batch.Clear();
            for (var slot = 0; slot < batch; slot++)
            {
                decoder.Truncate(slot, context);
                _batch.Add(slot, [(step * 31 + slot * 7) % _vocabulary], wantsLogits: true);
            }

            var start = Stopwatch.GetTimestamp();
            decoder.Run(_batch);
            seconds += Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        return seconds / steps;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _prompt.Dispose();
        foreach (var decoder in _decoders.OrderBy(pair => pair.Key).Select(pair => pair.Value))
            decoder.Dispose();
    }

    /// <summary>Steps of one timing.</summary>
    internal static int Steps(int batch) => Math.Max(4, 16 / batch);

    private int[] Ids(int count) => [.. Enumerable.Range(0, count).Select(i => (int)(i * 7919L % _vocabulary))];
}
