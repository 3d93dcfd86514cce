using System.Diagnostics;
using Puzzle.Serving.LlamaCpp;

namespace Puzzle.Benchmarks;

/// <summary>llama.cpp with a float32 cache and without flash attention. Its steps end with the logits.</summary>
internal sealed class LlamaCppContestant : IContestant
{
    private readonly LlamaCppModel _model;
    private readonly LlamaCppSession _prompt;
    private readonly Dictionary<int, LlamaCppSession> _sessions = [];
    private readonly HashSet<int> _filled = [];

    /// <param name="library">llama.cpp.</param>
    /// <param name="file">A GGUF file.</param>
    /// <param name="prompt">The most tokens of a prompt.</param>
    /// <param name="batches">Sequences of the steps that will be timed.</param>
    /// <param name="context">Tokens before a step.</param>
    /// <param name="threads">Threads.</param>
    public LlamaCppContestant(LlamaCppLibrary library, string file, int prompt, IReadOnlyList<int> batches, int context, int threads)
    {
        _model = LlamaCppModel.Open(library, file);
        _prompt = new LlamaCppSession(_model, new() { ContextTokens = prompt, BatchTokens = prompt, Threads = threads });
        foreach (var batch in batches)
            _sessions[batch] = new LlamaCppSession(_model, new() { ContextTokens = context + 128, BatchTokens = context + 128, Sequences = batch, Threads = threads });
    }

    /// <inheritdoc/>
    public double Prefill(int tokens)
    {
        _prompt.Clear();
        var pass = Prompt(0, tokens);
        var start = Stopwatch.GetTimestamp();
        _prompt.Decode(pass);
        _prompt.Logits(tokens - 1);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <inheritdoc/>
    public double Decode(int batch, int context)
    {
        var session = _sessions[batch];
        for (var sequence = 0; sequence < batch && !_filled.Contains(batch); sequence++)
            session.Decode(Prompt(sequence, context));
        _filled.Add(batch);
        var steps = EngineContestant.Steps(batch);
        var seconds = 0.0;
        var pass = new LlamaCppToken[batch];
        for (var step = 0; step < steps; step++)
        {
            for (var sequence = 0; sequence < batch; sequence++)
            {
                session.Truncate(sequence, context);
                pass[sequence] = new(((step * 31) + (sequence * 7)) % _model.VocabSize, context, sequence, WantsLogits: true);
            }

            var start = Stopwatch.GetTimestamp();
            session.Decode(pass);
            session.Logits(batch - 1);
            seconds += Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        return seconds / steps;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _prompt.Dispose();
        foreach (var session in _sessions.Values)
            session.Dispose();
        _model.Dispose();
    }

    private LlamaCppToken[] Prompt(int sequence, int tokens) =>
        [.. Enumerable.Range(0, tokens).Select(i => new LlamaCppToken((int)(i * 7919L % _model.VocabSize), i, sequence, WantsLogits: i == tokens - 1))];
}
