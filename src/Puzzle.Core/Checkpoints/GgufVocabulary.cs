using Puzzle.Core.Errors;

namespace Puzzle.Core.Checkpoints;

/// <summary>Checks that the tokenizer arrays of a GGUF file fit each other.</summary>
internal static class GgufVocabulary
{
    /// <exception cref="BadInputException">Arrays of unequal length, a special token outside of the vocabulary, or a merge of unknown tokens.</exception>
    public static void Check(GgufMetadata metadata)
    {
        if (metadata.Texts("tokenizer.ggml.tokens") is not { } tokens)
            return;
        CheckLength(metadata, "tokenizer.ggml.scores", metadata.Floats("tokenizer.ggml.scores")?.Length, tokens.Length);
        CheckLength(metadata, "tokenizer.ggml.token_type", metadata.Integers("tokenizer.ggml.token_type")?.Length, tokens.Length);
        foreach (var key in (string[])["tokenizer.ggml.bos_token_id", "tokenizer.ggml.eos_token_id"])
        {
            if (metadata.Integer(key) is { } id and not (-1 or uint.MaxValue) && (id < 0 || id >= tokens.Length))
                throw new BadInputException($"{metadata.Path}: {key} is {id}; the vocabulary has {tokens.Length} entries");
        }

        if (metadata.Texts("tokenizer.ggml.merges") is { } merges && metadata.Text("tokenizer.ggml.model") == "gpt2")
            CheckMerges(metadata, tokens, merges);
    }

    private static void CheckMerges(GgufMetadata metadata, string[] tokens, string[] merges)
    {
        var known = tokens.ToHashSet().GetAlternateLookup<ReadOnlySpan<char>>();
        for (var i = 0; i < merges.Length; i++)
        {
            // A token may begin with a space, so the separator is looked for behind the first character.
            var merge = merges[i].AsSpan();
            var space = merge.IsEmpty ? -1 : merge[1..].IndexOf(' ') + 1;
            if (space <= 0 || !known.Contains(merge[..space]) || !known.Contains(merge[(space + 1)..]))
                throw new BadInputException($"{metadata.Path}: tokenizer.ggml.merges[{i}] is \"{merges[i]}\"; two tokens of the vocabulary with a space between would be right");
        }
    }

    private static void CheckLength(GgufMetadata metadata, string key, int? length, int expected)
    {
        if (length is not null && length != expected)
            throw new BadInputException($"{metadata.Path}: {key} has {length} entries for {expected} tokens");
    }
}
