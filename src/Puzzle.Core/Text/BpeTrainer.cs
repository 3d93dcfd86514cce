using System.Text.Json.Nodes;

namespace Puzzle.Core.Text;

/// <summary>
/// Trains a byte-level BPE tokenizer on text: digits one by one, words by GPT-2's expression, every byte a token, then
/// the most frequent pairs merged until the vocabulary is full. The same texts give the same file, byte for byte.
/// </summary>
public static class BpeTrainer
{
    /// <param name="texts">The corpus; order does not matter.</param>
    /// <param name="vocabSize">Entries wanted, special tokens and the 256 bytes included; fewer if the corpus has no more pairs.</param>
    /// <param name="specialTokens">They take the ids from 0 on.</param>
    /// <param name="bos">One of <paramref name="specialTokens"/> that the post-processor puts in front; null for none.</param>
    /// <returns>The text of a <c>tokenizer.json</c>.</returns>
    /// <exception cref="ArgumentException">The size does not hold the bytes and special tokens, or a special token is not fit.</exception>
    public static string Train(IEnumerable<string> texts, int vocabSize, IReadOnlyList<string> specialTokens, string? bos = null)
    {
        if (vocabSize < 256 + specialTokens.Count)
            throw new ArgumentException($"a vocabulary of {vocabSize} does not hold 256 bytes and {specialTokens.Count} special tokens", nameof(vocabSize));
        if (specialTokens.Distinct().Count() != specialTokens.Count || specialTokens.Any(t => t.Length < 2))
            throw new ArgumentException("special tokens must differ and have at least two characters", nameof(specialTokens));
        if (bos is not null && !specialTokens.Contains(bos))
            throw new ArgumentException($"'{bos}' is not among the special tokens", nameof(bos));

        var tokens = new List<string>(specialTokens);
        var ids = specialTokens.Select((token, id) => (token, id)).ToDictionary(e => e.token, e => e.id);
        foreach (var c in Enumerable.Range(0, 256).Select(b => ByteAlphabet.CharOf((byte)b)).Order())
        {
            ids[c.ToString()] = tokens.Count;
            tokens.Add(c.ToString());
        }

        var merges = Merge(CountWords(texts), tokens, ids, vocabSize);
        return Json(tokens, merges, specialTokens, bos);
    }

    private static List<(string Word, long Count)> CountWords(IEnumerable<string> texts)
    {
        var cut = new SequencePreTokenizer([CharacterPreTokenizer.Digits(individual: true), new ByteLevelPreTokenizer(addPrefixSpace: false, useExpression: true)]);
        var counts = new Dictionary<string, long>();
        var lookup = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var text in texts)
        {
            if (text.Length == 0)
                continue;
            foreach (var word in cut.Apply([new Piece(text, 0, text.Length, AtStart: true)]))
                lookup[word.Span] = lookup.TryGetValue(word.Span, out var count) ? count + 1 : 1;
        }

        return [.. counts.Select(e => (e.Key, e.Value)).OrderBy(e => e.Key, StringComparer.Ordinal)];
    }

    private static List<(string Left, string Right)> Merge(List<(string Word, long Count)> words, List<string> tokens, Dictionary<string, int> ids, int vocabSize)
    {
        var symbols = words.ConvertAll(w => w.Word.Select(c => ids[c.ToString()]).ToList());
        var counts = new Dictionary<(int Left, int Right), long>();
        var places = new Dictionary<(int Left, int Right), HashSet<int>>();
        for (var w = 0; w < words.Count; w++)
            Count(w, 1);

        var merges = new List<(string, string)>();
        while (tokens.Count < vocabSize && counts.Count > 0)
        {
            // The most frequent pair; of equals the one with the older tokens, so that the result is one and the same.
            var best = counts.MaxBy(e => (e.Value, -e.Key.Left, -e.Key.Right)).Key;
            var joined = tokens[best.Left] + tokens[best.Right];
            merges.Add((tokens[best.Left], tokens[best.Right]));
            if (!ids.TryGetValue(joined, out var id))
            {
                ids[joined] = id = tokens.Count;
                tokens.Add(joined);
            }

            foreach (var w in places[best].ToList())
            {
                Count(w, -1);
                Join(symbols[w], best, id);
                Count(w, 1);
            }
        }

        return merges;

        void Count(int w, int sign)
        {
            var word = symbols[w];
            for (var i = 0; i + 1 < word.Count; i++)
            {
                var pair = (word[i], word[i + 1]);
                var count = counts.GetValueOrDefault(pair) + (sign * words[w].Count);
                if (sign > 0)
                {
                    if (!places.TryGetValue(pair, out var found))
                        places[pair] = found = [];
                    found.Add(w);
                }
                else
                {
                    places[pair].Remove(w);
                }

                if (count == 0)
                {
                    counts.Remove(pair);
                    places.Remove(pair);
                }
                else
                {
                    counts[pair] = count;
                }
            }
        }
    }

    private static void Join(List<int> word, (int Left, int Right) pair, int id)
    {
        var count = 0;
        for (var i = 0; i < word.Count; i++)
        {
            var match = i + 1 < word.Count && word[i] == pair.Left && word[i + 1] == pair.Right;
            word[count++] = match ? id : word[i];
            if (match)
                i++;
        }

        word.RemoveRange(count, word.Count - count);
    }

    private static string Json(List<string> tokens, List<(string Left, string Right)> merges, IReadOnlyList<string> specialTokens, string? bos)
    {
        var vocabulary = new JsonObject();
        for (var id = 0; id < tokens.Count; id++)
            vocabulary[tokens[id]] = id;
        return new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = TokenizerFiles.AddedTokens(specialTokens.Select((content, id) => new AddedToken(id, content))),
            ["normalizer"] = null,
            ["pre_tokenizer"] = new JsonObject
            {
                ["type"] = "Sequence",
                ["pretokenizers"] = new JsonArray(
                    new JsonObject { ["type"] = "Digits", ["individual_digits"] = true },
                    TokenizerFiles.ByteLevel()),
            },
            ["post_processor"] = bos is null ? null : TokenizerFiles.Template([(bos, specialTokens.ToList().IndexOf(bos))], []),
            ["decoder"] = TokenizerFiles.ByteLevel(),
            ["model"] = TokenizerFiles.Bpe(vocabulary, merges, new BpeSettings()),
        }.ToJsonString(TokenizerFiles.Json) + "\n";
    }
}
