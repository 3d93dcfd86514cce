using System.Text.Json.Nodes;

namespace Puzzle.Core.Text;

/// <summary>Writes a SentencePiece model as a <c>tokenizer.json</c> that gives the same ids.</summary>
internal static class SentencePieceJson
{
    private const string Mark = "▁";

    /// <summary>The merges that stand for the scores of a BPE model.</summary>
    public static List<(string Left, string Right)> Merges(SentencePieceModel source) =>
        ScoredMerges.Of([.. source.Pieces.Select(p => p.Kind == PieceKind.Normal ? p.Text : null)], [.. source.Pieces.Select(p => p.Score)]);

    /// <param name="source">The model.</param>
    /// <param name="declared">Special tokens to be parsed in text.</param>
    /// <param name="bos">Id put in front, or null.</param>
    /// <param name="eos">Id put behind, or null.</param>
    public static string Write(SentencePieceModel source, IReadOnlyList<AddedToken> declared, int? bos, int? eos)
    {
        var added = declared.ToDictionary(t => t.Content);
        foreach (var (id, piece) in source.Pieces.Index())
        {
            // A piece in a Unigram vocabulary would else be matched in plain text.
            if (piece.Kind == PieceKind.UserDefined || (source.Unigram && piece.Kind is PieceKind.Control or PieceKind.Unknown))
                added.TryAdd(piece.Text, new AddedToken(id, piece.Text, Special: piece.Kind != PieceKind.UserDefined));
        }

        return new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = TokenizerFiles.AddedTokens(added.Values),
            ["normalizer"] = Normalizer(source),
            ["pre_tokenizer"] = null,
            ["post_processor"] = TokenizerFiles.Template(Special(bos), Special(eos)),
            ["decoder"] = TokenizerFiles.MarkDecoder(stripFirst: source.AddDummyPrefix || source.RemoveExtraWhitespaces),
            ["model"] = source.Unigram ? Unigram(source) : Bpe(source),
        }.ToJsonString(TokenizerFiles.Json) + "\n";

        (string, int)[] Special(int? id) => id is not { } known ? []
            : [(known < source.Pieces.Count ? source.Pieces[known].Text : declared.First(t => t.Id == known).Content, known)];
    }

    private static JsonObject Normalizer(SentencePieceModel source)
    {
        var steps = new JsonArray();
        if (source.CharacterMap.Length > 0)
            steps.Add(new JsonObject { ["type"] = "Precompiled", ["precompiled_charsmap"] = Convert.ToBase64String(source.CharacterMap) });
        if (source.RemoveExtraWhitespaces)
        {
            steps.Add(TokenizerFiles.Replace(@"\A +", "", expression: true));
            steps.Add(TokenizerFiles.Replace(" {2,}", " ", expression: true));
        }

        var space = source.EscapeWhitespaces ? Mark : " ";
        if (source.AddDummyPrefix)
            steps.Add(new JsonObject { ["type"] = "Prepend", ["prepend"] = space });
        if (source.EscapeWhitespaces)
            steps.Add(TokenizerFiles.Replace(" ", Mark));
        if (source.RemoveExtraWhitespaces)
            steps.Add(TokenizerFiles.Replace($@"{space}+\z", "", expression: true));
        return new JsonObject { ["type"] = "Sequence", ["normalizers"] = steps };
    }

    private static JsonObject Bpe(SentencePieceModel source)
    {
        var vocabulary = new JsonObject();
        foreach (var (id, piece) in source.Pieces.Index())
            vocabulary[piece.Text] = id;
        var unknown = source.UnknownId is { } unknownId ? source.Pieces[unknownId].Text : null;
        return TokenizerFiles.Bpe(vocabulary, Merges(source), new BpeSettings(unknown, FuseUnknown: true, ByteFallback: source.ByteFallback));
    }

    private static JsonObject Unigram(SentencePieceModel source) => new()
    {
        ["type"] = "Unigram",
        ["unk_id"] = source.UnknownId,
        ["vocab"] = new JsonArray([.. source.Pieces.Select(p => new JsonArray(p.Text, (double)p.Score))]),
        ["byte_fallback"] = source.ByteFallback,
    };
}
