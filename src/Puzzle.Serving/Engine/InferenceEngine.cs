using System.Diagnostics;
using Puzzle.Core.Errors;
using Puzzle.Core.Text;

namespace Puzzle.Serving.Engine;

/// <summary>
/// Continuous batching: every pass holds one new token of each sequence that is being generated, and chunks of prompts in
/// the room that is left. A slot whose sequence has ended takes the next request with the following pass.
/// </summary>
/// <param name="decoder">Computes passes.</param>
/// <param name="tokenizer">The model's, where texts are wanted or stop strings are given.</param>
public sealed class InferenceEngine(IDecoder decoder, ITokenizer? tokenizer = null)
{
    private readonly TokenBatch _batch = new(decoder.MaxTokens, decoder.Slots);

    public IDecoder Decoder => decoder;

    /// <summary>Continues all prompts.</summary>
    /// <param name="requests">Any number: those that find no slot wait.</param>
    /// <param name="onToken">Told of every new id: index of the request, id.</param>
    /// <param name="onText">Told of every piece of text that is final: index of the request, piece. Needs the tokenizer.</param>
    /// <param name="cancellation">Stops between passes.</param>
    /// <returns>One for each request, in their order.</returns>
    /// <exception cref="RecipeException">An empty prompt or stop string, or a prompt longer than a slot.</exception>
    public IReadOnlyList<Generated> Run(IReadOnlyList<GenerateRequest> requests, Action<int, int>? onToken = null, Action<int, string>? onText = null, CancellationToken cancellation = default)
    {
        if (tokenizer is null && (onText is not null || requests.Any(request => request.StopStrings.Count > 0)))
            throw new ArgumentException("an engine without a tokenizer knows no text and no stop strings");
        for (var i = 0; i < requests.Count; i++)
        {
            if (requests[i].Prompt.Count == 0)
                throw new RecipeException($"prompt {i} is empty; the first token needs something before it");
            if (requests[i].Prompt.Count > decoder.Capacity)
                throw new RecipeException($"prompt {i} has {requests[i].Prompt.Count} tokens; there is room for {decoder.Capacity}");
            if (requests[i].StopStrings.Contains(""))
                throw new RecipeException("a stop string is empty; leave it out");
        }

        var start = Stopwatch.GetTimestamp();
        var slots = new Sequence?[decoder.Slots];
        var results = new Generated[requests.Count];
        var (next, done) = (0, 0);
        while (done < requests.Count)
        {
            cancellation.ThrowIfCancellationRequested();
            for (var slot = 0; slot < slots.Length && next < requests.Count; slot++)
            {
                if (slots[slot] is not null)
                    continue;
                decoder.Truncate(slot, 0);
                slots[slot] = new Sequence(next, requests[next], tokenizer);
                next++;
            }

            Fill(slots);
            decoder.Run(_batch);
            var now = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            for (var i = 0; i < _batch.Parts; i++)
            {
                var part = _batch[i];
                var sequence = slots[part.Slot]!;
                sequence.Given += part.Count;
                if (part.Logits < 0 || !Take(sequence, part, now, onToken, onText))
                    continue;
                if (sequence.Text?.Finish() is { Length: > 0 } rest)
                    onText?.Invoke(sequence.Index, rest);
                results[sequence.Index] = new Generated(sequence.New, sequence.Text?.Stopped is null ? sequence.Reason : FinishReason.Stop, sequence.FirstMs, now)
                {
                    Text = sequence.Text?.Text,
                    StopString = sequence.Text?.Stopped,
                };
                slots[part.Slot] = null;
                done++;
            }
        }

        return results;
    }

    // New tokens of running sequences first: they must not wait for prompts.
    private void Fill(Sequence?[] slots)
    {
        _batch.Clear();
        for (var slot = 0; slot < slots.Length; slot++)
        {
            if (slots[slot] is { IsRunning: true } sequence)
                _batch.Add(slot, [sequence.New[^1]], wantsLogits: true);
        }

        for (var slot = 0; slot < slots.Length && _batch.Room > 0; slot++)
        {
            if (slots[slot] is not { IsRunning: false } sequence)
                continue;
            var rest = sequence.Prompt.AsSpan(sequence.Given);
            var chunk = rest[..Math.Min(rest.Length, _batch.Room)];
            _batch.Add(slot, chunk, wantsLogits: chunk.Length == rest.Length);
        }
    }

    /// <summary>Takes a sequence's next token; true where it ended with it.</summary>
    private bool Take(Sequence sequence, TokenBatch.Part part, double now, Action<int, int>? onToken, Action<int, string>? onText)
    {
        var id = sequence.Request.Sampling.IsPlainGreedy ? decoder.Best(part.Logits) : sequence.Sampler.Next(decoder.Logits(part.Logits));
        if (sequence.New.Count == 0)
            sequence.FirstMs = now;
        if (sequence.Request.EndIds.Contains(id))
        {
            sequence.Reason = FinishReason.Stop;
            return true;
        }

        sequence.New.Add(id);
        sequence.Sampler.See([id]);
        onToken?.Invoke(sequence.Index, id);
        if (sequence.Text?.Add(id) is { Length: > 0 } text)
            onText?.Invoke(sequence.Index, text);
        if (sequence.Text?.Stopped is not null || sequence.Request.IsFinished?.Invoke(sequence.New) == true)
        {
            sequence.Reason = FinishReason.Stop;
            return true;
        }

        sequence.Reason = FinishReason.Length;
        return sequence.New.Count >= sequence.Request.MaxTokens || decoder.Length(part.Slot) == decoder.Capacity;
    }

    private sealed class Sequence
    {
        public Sequence(int index, GenerateRequest request, ITokenizer? tokenizer)
        {
            (Index, Request, Prompt, Sampler) = (index, request, [.. request.Prompt], new Sampler(request.Sampling));
            Text = tokenizer is null ? null : new TextStream(tokenizer, Prompt, request.StopStrings);
            Sampler.See(Prompt);
        }

        public int Index { get; }

        public GenerateRequest Request { get; }

        public int[] Prompt { get; }

        public Sampler Sampler { get; }

        public TextStream? Text { get; }

        /// <summary>Tokens that the decoder has been given, new ones included.</summary>
        public int Given { get; set; }

        public List<int> New { get; } = [];

        public double FirstMs { get; set; }

        public FinishReason Reason { get; set; }

        public bool IsRunning => Given >= Prompt.Length;
    }
}
