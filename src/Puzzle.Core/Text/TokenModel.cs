using Puzzle.Core.Errors;

namespace Puzzle.Core.Text;

/// <summary>The part of a tokenizer that turns one word (a pre-token) into ids.</summary>
internal abstract class TokenModel(IReadOnlyDictionary<string, int> vocabulary)
{
    /// <summary>Token to id, without the added tokens.</summary>
    public IReadOnlyDictionary<string, int> Vocabulary => vocabulary;

    /// <summary>Appends the ids of a word that is not empty.</summary>
    public abstract void Encode(ReadOnlySpan<char> word, List<int> ids);

    /// <summary>Ids of the tokens <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c>, -1 where there is none.</summary>
    protected static int[] ByteTokens(IReadOnlyDictionary<string, int> vocabulary)
    {
        var tokens = new int[256];
        for (var b = 0; b < 256; b++)
            tokens[b] = vocabulary.TryGetValue($"<0x{b:X2}>", out var id) ? id : -1;
        return tokens;
    }
}

/// <summary>Every word is a token or the unknown one.</summary>
internal sealed class WordLevelModel(Dictionary<string, int> vocabulary, string? unknown) : TokenModel(vocabulary)
{
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
    private readonly int? _unknownId = unknown is not null && vocabulary.TryGetValue(unknown, out var id) ? id : null;

    public override void Encode(ReadOnlySpan<char> word, List<int> ids)
    {
        if (_lookup.TryGetValue(word, out var id))
            ids.Add(id);
        else
            ids.Add(_unknownId ?? throw new BadInputException($"The word '{word}' is not in the vocabulary, and the tokenizer has no unknown token."));
    }
}
