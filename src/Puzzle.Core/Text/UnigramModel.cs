using System.Text;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Text;

/// <summary>Unigram language model: the most probable way to cut a word into tokens (Viterbi), unknown characters joined.</summary>
internal sealed class UnigramModel : TokenModel
{
    /// <summary>An unknown character costs this much more than the least probable token.</summary>
    private const double UnknownPenalty = 10;

    private readonly CharTrie _trie = new();
    private readonly double[] _scores;
    private readonly int? _unknownId;
    private readonly double _unknownScore;
    private readonly int[] _byteTokens;

    /// <param name="vocabulary">Token to id.</param>
    /// <param name="scores">Log-probability of each id; NaN takes the id out of the search.</param>
    /// <param name="unknownId">Id of the unknown token.</param>
    /// <param name="byteFallback">Whether unknown text is written as bytes.</param>
    public UnigramModel(Dictionary<string, int> vocabulary, double[] scores, int? unknownId, bool byteFallback)
        : base(vocabulary)
    {
        _scores = scores;
        _unknownId = unknownId;
        _byteTokens = byteFallback ? ByteTokens(vocabulary) : [];
        var least = double.PositiveInfinity;
        foreach (var (token, id) in vocabulary)
        {
            if (token.Length == 0 || double.IsNaN(scores[id]))
                continue;
            least = Math.Min(least, scores[id]);
            _trie.Add(token, id);
        }

        _unknownScore = (double.IsInfinity(least) ? 0 : least) - UnknownPenalty;
    }

    public override void Encode(ReadOnlySpan<char> word, List<int> ids)
    {
        // best[i]: the best cut of the first i units; from[i], token[i]: its last token (-1: an unknown character).
        var best = new double[word.Length + 1];
        var from = new int[word.Length + 1];
        var token = new int[word.Length + 1];
        Array.Fill(from, -1);
        from[0] = 0;
        for (int start = 0, length; start < word.Length; start += length)
        {
            Rune.DecodeFromUtf16(word[start..], out _, out length);
            var single = false;
            for (int node = 0, at = start; at < word.Length && (node = _trie.Next(node, word[at])) > 0; at++)
            {
                if (_trie.Value(node) is not (>= 0 and var id))
                    continue;
                single |= at + 1 - start == length;
                Offer(at + 1, best[start] + _scores[id], start, id);
            }

            if (!single)
                Offer(start + length, best[start] + _unknownScore, start, -1);
        }

        var path = new Stack<(int Start, int End, int Id)>();
        for (var end = word.Length; end > 0; end = from[end])
            path.Push((from[end], end, token[end]));
        while (path.TryPop(out var step))
        {
            if (step.Id >= 0 && step.Id != _unknownId)
            {
                ids.Add(step.Id);
                continue;
            }

            var stop = step.End;
            while (path.TryPeek(out var next) && (next.Id < 0 || next.Id == _unknownId))
                stop = path.Pop().End;
            WriteUnknown(word[step.Start..stop], ids);
        }

        void Offer(int end, double score, int start, int id)
        {
            if (from[end] >= 0 && score <= best[end])
                return;
            (best[end], from[end], token[end]) = (score, start, id);
        }
    }

    private void WriteUnknown(ReadOnlySpan<char> text, List<int> ids)
    {
        if (_byteTokens.Length > 0)
        {
            var utf8 = Encoding.UTF8.GetBytes(text.ToArray());
            if (utf8.All(b => _byteTokens[b] >= 0))
            {
                ids.AddRange(utf8.Select(b => _byteTokens[b]));
                return;
            }
        }

        ids.Add(_unknownId ?? throw new BadInputException($"'{text}' is not in the vocabulary, and the tokenizer has no unknown token."));
    }
}
