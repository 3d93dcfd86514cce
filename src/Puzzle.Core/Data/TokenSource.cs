using Puzzle.Core.Text;

namespace Puzzle.Core.Data;

/// <summary>The documents of one source, tokenised, on their way to windows.</summary>
/// <param name="Documents">Token ids of each.</param>
/// <param name="Weight">How often it is drawn, relative to the other sources.</param>
internal sealed record TokenSource(List<int[]> Documents, double Weight)
{
    public long Tokens => Documents.Sum(document => (long)document.Length);

    /// <summary>Splits off the last documents as held-out text; the one that would be too much is cut, and its end held out.</summary>
    public (TokenSource Train, TokenSource Held) Split(double share)
    {
        var wanted = (long)(Tokens * share);
        var (train, held) = (new List<int[]>(Documents), new List<int[]>());
        while (wanted > 0)
        {
            var last = train[^1];
            train.RemoveAt(train.Count - 1);
            if (last.Length > wanted)
            {
                train.Add(last[..^(int)wanted]);
                last = last[^(int)wanted..];
            }

            held.Insert(0, last);
            wanted -= last.Length;
        }

        return (this with { Documents = train }, this with { Documents = held });
    }

    /// <summary>The same documents in an order that depends on the seed alone.</summary>
    public TokenSource Shuffled(ulong seed)
    {
        var documents = Documents.ToArray();
        WindowMix.Shuffle(documents, seed);
        return this with { Documents = [.. documents] };
    }

    /// <summary>Training windows of several sources. What is left behind the last full window of a source opens the next one's first.</summary>
    public static TokenWindows Windows(IReadOnlyList<TokenSource> sources, int length, ulong seed, bool shuffle)
    {
        var ids = new List<int>();
        var groups = new List<WindowGroup>();
        foreach (var source in sources)
        {
            var first = ids.Count / length;
            foreach (var document in source.Documents)
                ids.AddRange(document);
            groups.Add(new WindowGroup(first, ids.Count / length - first, source.Weight));
        }

        return new TokenWindows([.. ids], length, new WindowMix(groups, seed, shuffle));
    }

    /// <summary>Training windows that each hold one document, or a piece of one that is longer, padded to the full length.</summary>
    public static TokenWindows Padded(IReadOnlyList<TokenSource> sources, int length, ulong seed, bool shuffle, ITokenizer tokenizer)
    {
        var (ids, padding, groups) = (new List<int>(), new List<bool>(), new List<WindowGroup>());
        var pad = tokenizer.EosId ?? tokenizer.BosId ?? 0;
        foreach (var source in sources)
        {
            var first = ids.Count / length;
            foreach (var piece in source.Documents.SelectMany(document => document.Chunk(length)))
            {
                ids.AddRange(piece);
                ids.AddRange(Enumerable.Repeat(pad, length - piece.Length));
                padding.AddRange(Enumerable.Repeat(false, piece.Length));
                padding.AddRange(Enumerable.Repeat(true, length - piece.Length));
            }

            groups.Add(new WindowGroup(first, ids.Count / length - first, source.Weight));
        }

        return new TokenWindows([.. ids], length, new WindowMix(groups, seed, shuffle), [.. padding]);
    }

    /// <summary>Held-out tokens: long stretches of all sources in turn, so that any beginning of them is a fair sample.</summary>
    public static int[] Stretches(IReadOnlyList<TokenSource> sources, int length, ulong seed, bool shuffle)
    {
        var (stretches, groups) = (new List<int[]>(), new List<WindowGroup>());
        foreach (var source in sources)
        {
            var first = stretches.Count;
            stretches.AddRange(source.Documents.SelectMany(document => document).Chunk(length));
            groups.Add(new WindowGroup(first, stretches.Count - first, source.Weight));
        }

        // The last stretch of a source is a rest; each is taken once, however the sources are weighted.
        return [.. new WindowMix(groups, seed, shuffle).Epoch(0).Distinct().SelectMany(stretch => stretches[stretch])];
    }
}
