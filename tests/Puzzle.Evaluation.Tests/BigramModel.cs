using Puzzle.Core.Evaluation;

namespace Puzzle.Evaluation.Tests;

/// <summary>A language model that can be computed by hand: each id depends on the one before only, counted over a text with add-one smoothing.</summary>
internal sealed class BigramModel : ILanguageModel
{
    private readonly double[,] _logProbabilities;
    private readonly int[] _best;

    public BigramModel(string text, int maxLength = 64)
    {
        var ids = new ByteTokenizer().Encode(text);
        MaxLength = maxLength;
        var counts = new double[257, 257];
        for (var i = 0; i < ids.Length; i++)
            counts[i == 0 ? 256 : ids[i - 1], ids[i]]++;
        _logProbabilities = new double[257, 257];
        _best = new int[257];
        for (var i = 0; i < 257; i++)
        {
            var total = Enumerable.Range(0, 257).Sum(j => counts[i, j] + 1);
            for (var j = 0; j < 257; j++)
            {
                _logProbabilities[i, j] = Math.Log((counts[i, j] + 1) / total);
                if (_logProbabilities[i, j] > _logProbabilities[i, _best[i]])
                    _best[i] = j;
            }
        }
    }

    public int MaxLength { get; }

    public IReadOnlyList<LogLikelihood[]> LogLikelihoods(
        IReadOnlyList<ScoringGroup> groups, int batchSize, IProgress<int>? progress = null, CancellationToken cancellation = default) =>
        [.. groups.Select(group => group.Continuations.Select(continuation => Score(group.Context, continuation)).ToArray())];

    public IReadOnlyList<int[]> Generate(
        IReadOnlyList<GenerationRequest> requests, int batchSize, IProgress<int>? progress = null, CancellationToken cancellation = default) =>
        [.. requests.Select(Continue)];

    public LogLikelihood Score(int[] context, int[] continuation)
    {
        Assert.True(context.Length > 0 && continuation.Length > 0);
        Assert.True(context.Length + continuation.Length <= MaxLength + 1);
        var (sum, greedy, last) = (0.0, true, context[^1]);
        foreach (var id in continuation)
        {
            sum += _logProbabilities[last, id];
            greedy &= _best[last] == id;
            last = id;
        }

        return new LogLikelihood(sum, greedy);
    }

    private int[] Continue(GenerationRequest request)
    {
        var ids = new List<int>();
        var last = request.Prompt[^1];
        while (ids.Count < request.MaxNewTokens)
        {
            last = _best[last];
            if (request.EndIds.Contains(last))
                break;
            ids.Add(last);
            if (request.IsFinished?.Invoke(ids) == true)
                break;
        }

        return [.. ids];
    }
}
