using System.Diagnostics;
using System.Runtime.InteropServices;
using Puzzle.Core.Errors;
using Puzzle.Core.Measurement;
using Puzzle.Serving.Kernels;
using Puzzle.Serving.LlamaCpp;

namespace Puzzle.Serving.Costs.LlamaCpp;

/// <summary>A model in llama.cpp with room for one workload: times its prefill and its steps.</summary>
internal sealed class LlamaCppTimer : IDisposable
{
    // What llama.cpp is built for.
    private const int MostSequences = 256;
    private const int PassTokens = 512;

    // Short steps are repeated until they take so long together.
    private const double LeastMs = 3;
    private const int MostSteps = 8;

    private readonly LlamaCppSession _session;
    private readonly Workload _workload;
    private readonly int[] _prompt;
    private readonly int[] _next;
    private readonly int[] _held;
    private readonly List<LlamaCppToken> _pass = [];

    /// <param name="model">Outlives the timer.</param>
    /// <param name="workload">How much room.</param>
    /// <param name="threads">Threads of every pass.</param>
    /// <param name="halfCache">Whether keys and values are kept in half precision.</param>
    /// <exception cref="OutOfResourceException">More sequences than llama.cpp takes, or no memory.</exception>
    public LlamaCppTimer(LlamaCppModel model, Workload workload, int threads, bool halfCache)
    {
        if (workload.Batch > MostSequences)
            throw new OutOfResourceException($"llama.cpp takes {MostSequences} sequences at once, not {workload.Batch}; lower batch_cap or leave out llama_cpp");
        _workload = workload;
        _session = new LlamaCppSession(model, new()
        {
            ContextTokens = workload.PromptTokens + workload.OutputTokens + MostSteps,
            BatchTokens = Math.Max(PassTokens, workload.Batch),
            Sequences = workload.Batch,
            Threads = threads,
            HalfCache = halfCache,
        });
        _prompt = [.. Enumerable.Range(0, workload.PromptTokens).Select(i => (int)(i * 7919L % _session.VocabSize))];
        (_next, _held) = (new int[workload.Batch], new int[workload.Batch]);
    }

    /// <summary>Milliseconds until every sequence has its first token. All of them hold their prompt afterwards.</summary>
    /// <param name="all">Whether all sequences are computed, however many; else a pass's worth of them, and the time of all is told from theirs.</param>
    public double PrefillMs(bool all = false)
    {
        // Passes of whole prompts: llama.cpp cuts a pass of unequal pieces into several.
        var together = Math.Max(1, PassTokens / _workload.PromptTokens);
        var sequences = all ? _workload.Batch : Math.Min(_workload.Batch, together);
        for (var sequence = 0; sequence < sequences; sequence++)
            Forget(sequence, 0);
        var start = Stopwatch.GetTimestamp();
        for (var first = 0; first < sequences; first += together)
            Append(first, Math.Min(together, sequences - first), _prompt);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds * _workload.Batch / sequences;
    }

    /// <summary>Lets all sequences grow to a length, untimed.</summary>
    public void Grow(int tokens)
    {
        for (var first = 0; first < _workload.Batch;)
        {
            var missing = Math.Min(_prompt.Length, tokens - _held[first]);
            if (missing <= 0)
            {
                first++;
                continue;
            }

            var alike = 1;
            while (first + alike < _workload.Batch && _held[first + alike] == _held[first] && (alike + 1) * missing <= PassTokens)
                alike++;
            Append(first, alike, _prompt.AsSpan(0, missing));
        }
    }

    /// <summary>Milliseconds of one step of all sequences, each with as many tokens before it as it holds; they hold as many afterwards.</summary>
    public double DecodeMs()
    {
        var before = _held[0];
        var (steps, start) = (0, Stopwatch.GetTimestamp());
        double elapsed;
        do
        {
            Step();
            steps++;
            elapsed = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }
        while (elapsed < LeastMs && steps < MostSteps);
        for (var sequence = 0; sequence < _workload.Batch; sequence++)
            Forget(sequence, before);
        return elapsed / steps;
    }

    /// <summary>One run from the prompts to the last token.</summary>
    public GenerationTime Generate()
    {
        _session.Clear();
        Array.Clear(_held);
        var start = Stopwatch.GetTimestamp();
        PrefillMs(all: true);
        var first = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        for (var step = 1; step < _workload.OutputTokens; step++)
            Step();
        return new GenerationTime(_workload, first, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
    }

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();

    private void Step()
    {
        _pass.Clear();
        for (var sequence = 0; sequence < _workload.Batch; sequence++)
            _pass.Add(new(_next[sequence], _held[sequence]++, sequence, WantsLogits: true));
        Run();
    }

    // The same tokens behind several sequences that hold equally many; a pass at a time.
    private void Append(int first, int sequences, ReadOnlySpan<int> tokens)
    {
        var chunk = Math.Min(tokens.Length, PassTokens);
        for (var given = 0; given < tokens.Length; given += chunk)
        {
            _pass.Clear();
            for (var sequence = first; sequence < first + sequences; sequence++)
            {
                for (var i = given; i < Math.Min(given + chunk, tokens.Length); i++)
                    _pass.Add(new(tokens[i], _held[sequence]++, sequence, WantsLogits: i == tokens.Length - 1));
            }

            Run();
        }
    }

    // Choosing the next token is part of what a served model does.
    private void Run()
    {
        _session.Decode(CollectionsMarshal.AsSpan(_pass));
        for (var i = 0; i < _pass.Count; i++)
        {
            if (_pass[i].WantsLogits)
                _next[_pass[i].Sequence] = VectorMath.IndexOfLargest(_session.Logits(i));
        }
    }

    private void Forget(int sequence, int from)
    {
        if (_held[sequence] > from)
            _session.Truncate(sequence, from);
        _held[sequence] = from;
    }
}
