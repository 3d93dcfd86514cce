namespace Puzzle.Core.Text;

/// <summary>
/// Merges of a vocabulary that has scores instead (SentencePiece's BPE): every way to put a token together from two,
/// best score first. Greedy merging by rank then picks what SentencePiece picks by score.
/// </summary>
internal static class ScoredMerges
{
    /// <param name="tokens">Texts by id; null where the id takes no part.</param>
    /// <param name="scores">Score of each id, higher is merged earlier.</param>
    public static List<(string Left, string Right)> Of(IReadOnlyList<string?> tokens, IReadOnlyList<float> scores)
    {
        var ids = new Dictionary<string, int>();
        for (var id = 0; id < tokens.Count; id++)
        {
            if (tokens[id] is { Length: > 0 } token)
                ids.TryAdd(token, id);
        }

        var lookup = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        var found = new List<(float Score, int Left, int Right, int LeftLength)>();
        foreach (var (token, id) in ids)
        {
            for (var cut = 1; cut < token.Length; cut++)
            {
                if (lookup.TryGetValue(token.AsSpan(0, cut), out var left) && lookup.TryGetValue(token.AsSpan(cut), out var right))
                    found.Add((scores[id], left, right, cut));
            }
        }

        // Among equals SentencePiece takes the leftmost, and in a run of one character the longer part stands left.
        return
        [
            .. found
                .OrderByDescending(m => m.Score).ThenByDescending(m => m.LeftLength).ThenBy(m => m.Left).ThenBy(m => m.Right)
                .Select(m => (tokens[m.Left]!, tokens[m.Right]!)),
        ];
    }
}
