using Puzzle.Core.Evaluation;
using Puzzle.Core.Models;
using static TorchSharp.torch;

namespace Puzzle.Evaluation.Models;

// B rows, T tokens, D hidden, V vocabulary, N scored positions

/// <summary>
/// Answers the requests of an evaluation with a <see cref="Transformer"/>. A row of a batch is a context with all its
/// continuations one behind the other, each seeing the context and itself: the context is computed once. Rows are sorted
/// by length, the longest first, so that padding is rare and a lack of memory shows at once.
/// </summary>
public sealed class TransformerScorer : ILanguageModel
{
    // Logits of so many numbers at a time: 64 MiB in float32.
    private const long LogitsOfAChunk = 16L << 20;

    // A group of many continuations is split into rows of about this length: the mask grows with its square.
    private const int RowLength = 1024;

    private readonly Transformer _model;

    /// <param name="model">Stays the caller's.</param>
    /// <param name="maxLength">Ids that go in at most; null takes what the model was trained for.</param>
    public TransformerScorer(Transformer model, int? maxLength = null)
    {
        _model = model;
        MaxLength = maxLength ?? model.Config.MaxPositionEmbeddings;
    }

    /// <inheritdoc/>
    public int MaxLength { get; }

    /// <summary>False computes the context anew for every continuation: only to measure what sharing saves.</summary>
    public bool SharesContexts { get; init; } = true;

    /// <inheritdoc/>
    public IReadOnlyList<LogLikelihood[]> LogLikelihoods(
        IReadOnlyList<ScoringGroup> groups, int batchSize, IProgress<int>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        var results = groups.Select(group => Enumerable.Repeat(new LogLikelihood(0, IsGreedy: true), group.Continuations.Count).ToArray()).ToArray();
        var rows = groups.SelectMany((group, i) => PackedRow.Split(i, group, RowLength, SharesContexts)).OrderByDescending(row => row.Length).ToArray();
        var unfinished = rows.CountBy(row => row.Group).ToDictionary();
        var done = groups.Count - unfinished.Count;
        foreach (var batch in rows.Chunk(batchSize))
        {
            cancellation.ThrowIfCancellationRequested();
            Score(batch, results);
            foreach (var row in batch)
            {
                if (--unfinished[row.Group] == 0)
                    done++;
            }

            progress?.Report(done);
        }

        return results;
    }

    /// <inheritdoc/>
    public IReadOnlyList<int[]> Generate(
        IReadOnlyList<GenerationRequest> requests, int batchSize, IProgress<int>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        var results = new int[requests.Count][];
        var done = 0;
        foreach (var batch in requests.Index().OrderByDescending(request => request.Item.Prompt.Length).Chunk(batchSize))
        {
            var texts = Continue([.. batch.Select(request => request.Item)], cancellation);
            foreach (var (text, request) in texts.Zip(batch))
                results[request.Index] = text;
            progress?.Report(done += batch.Length);
        }

        return results;
    }

    private void Score(PackedRow[] rows, LogLikelihood[][] results)
    {
        using var scope = NewDisposeScope();
        using var noGrad = inference_mode();
        var hidden_BTD = Hidden(rows);

        // Each position is put through the head once, however many continuations it starts.
        var length = rows.Max(row => row.Length);
        var scored = rows.SelectMany((row, b) => row.Targets.Select(target => (At: ((long)b * length) + target.Row, target.Target, Row: row, target.Continuation))).ToArray();
        var positions = scored.Select(item => item.At).Distinct().ToArray();
        var places = positions.Index().ToDictionary(item => item.Item, item => (long)item.Index);
        var hidden_ND = hidden_BTD.flatten(0, 1).index_select(0, tensor(positions, device: _model.Device));
        var chunk = (int)Math.Max(1, LogitsOfAChunk / _model.Config.VocabSize);
        for (var first = 0; first < positions.Length; first += chunk)
        {
            using var chunkScope = NewDisposeScope();
            var logits_NV = _model.Logits(hidden_ND.narrow(0, first, Math.Min(chunk, positions.Length - first)));
            var last = first + logits_NV.shape[0];
            var here = scored.Where(item => places[item.At] >= first && places[item.At] < last).ToArray();
            var flat = here.Select(item => ((places[item.At] - first) * logits_NV.shape[1]) + item.Target).ToArray();
            var chosen = logits_NV.flatten().index_select(0, tensor(flat, device: _model.Device)).cpu().data<float>().ToArray();
            var best = logits_NV.amax([1]).cpu().data<float>().ToArray();
            var total = logits_NV.logsumexp(1).cpu().data<float>().ToArray();
            foreach (var (i, item) in here.Index())
            {
                var at = (int)(places[item.At] - first);
                ref var result = ref results[item.Row.Group][item.Row.First + item.Continuation];
                result = new LogLikelihood(result.Sum + chosen[i] - total[at], result.IsGreedy && chosen[i] >= best[at]);
            }
        }
    }

    private Tensor Hidden(PackedRow[] rows)
    {
        var length = rows.Max(row => row.Length);
        var ids = Padded(rows, length, row => row.Ids);

        // Padding stands behind the tokens, where causal attention never looks.
        return rows.All(row => row.IsPlain)
            ? _model.Hidden(ids)
            : _model.HiddenOfBranches(ids, Padded(rows, length, row => row.Positions), Padded(rows, length, row => row.Branches));
    }

    private Tensor Padded(PackedRow[] rows, int length, Func<PackedRow, IReadOnlyList<long>> values)
    {
        var flat = new long[rows.Length * length];
        foreach (var (b, row) in rows.Index())
        {
            foreach (var (t, value) in values(row).Index())
                flat[(b * length) + t] = value;
        }

        return tensor(flat, [rows.Length, length], device: _model.Device);
    }

    private IEnumerable<int[]> Continue(GenerationRequest[] requests, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        using var noGrad = inference_mode();
        var texts = requests.Select(_ => new List<int>()).ToArray();
        var finished = requests.Select(request => request.MaxNewTokens < 1).ToArray();
        var length = requests.Max(request => request.Prompt.Length);
        var padded = requests.Any(request => request.Prompt.Length < length);
        using var cache = new KvCache(_model.Config, requests.Length, length + requests.Max(request => request.MaxNewTokens), _model.Device);

        // Prompts end together: padding stands in front.
        var ids = new long[requests.Length * length];
        var valid = new bool[requests.Length * length];
        foreach (var (b, request) in requests.Index())
        {
            var start = ((b + 1) * length) - request.Prompt.Length;
            for (var t = 0; t < request.Prompt.Length; t++)
                (ids[start + t], valid[start + t]) = (request.Prompt[t], true);
        }

        var next_BT = tensor(ids, [requests.Length, length], device: _model.Device);
        var valid_BT = padded ? tensor(valid, [requests.Length, length], device: _model.Device) : null;
        while (!finished.All(done => done))
        {
            cancellation.ThrowIfCancellationRequested();
            using var step = NewDisposeScope();
            var hidden_BTD = _model.Hidden(next_BT, valid_BT, cache);
            var best = _model.Logits(hidden_BTD.narrow(1, hidden_BTD.shape[1] - 1, 1)).flatten(1).argmax(1).cpu().data<long>().ToArray();
            for (var b = 0; b < requests.Length; b++)
            {
                if (!finished[b])
                    finished[b] = !Accept(requests[b], texts[b], (int)best[b]);
            }

            next_BT = tensor(best, [requests.Length, 1], device: _model.Device).MoveToOuterDisposeScope();
            valid_BT = null;
        }

        return texts.Select(text => text.ToArray());
    }

    private static bool Accept(GenerationRequest request, List<int> text, int id)
    {
        if (request.EndIds.Contains(id))
            return false;
        text.Add(id);
        return text.Count < request.MaxNewTokens && request.IsFinished?.Invoke(text) != true;
    }
}
