using System.Text.Json.Nodes;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Text;

/// <summary>
/// The tokenizer inside a GGUF file, read as llama.cpp reads it: <c>gpt2</c> (byte-level BPE, cut as
/// <c>tokenizer.ggml.pre</c> says) and <c>llama</c> (SentencePiece's BPE by scores; spaces are kept and one is put in
/// front). It is rewritten as a <c>tokenizer.json</c>, which is what <see cref="ITokenizer.Save"/> writes.
/// </summary>
public sealed class GgufTokenizer
{
    private const int Unknown = 2, Control = 3, UserDefined = 4;

    private readonly GgufMetadata _metadata;
    private readonly string[] _tokens;
    private readonly int[] _types;

    private GgufTokenizer(GgufMetadata metadata)
    {
        _metadata = metadata;
        _tokens = metadata.Texts("tokenizer.ggml.tokens")
            ?? throw new BadInputException($"{metadata.Path} has no tokenizer (tokenizer.ggml.tokens).");
        _types = metadata.Integers("tokenizer.ggml.token_type") ?? [];
        if (_types.Length > 0 && _types.Length != _tokens.Length)
            throw new BadInputException($"{metadata.Path}: {_types.Length} token types for {_tokens.Length} tokens.");
    }

    /// <summary>Reads the tokenizer of a file.</summary>
    /// <exception cref="BadInputException">There is none, it is damaged, or of a kind that is not supported.</exception>
    public static HuggingFaceTokenizer Load(string path) => Read(GgufMetadata.Read(path));

    /// <summary>Reads the tokenizer from a file's metadata.</summary>
    /// <exception cref="BadInputException">There is none, it is damaged, or of a kind that is not supported.</exception>
    public static HuggingFaceTokenizer Read(GgufMetadata metadata) => new GgufTokenizer(metadata).Convert();

    private HuggingFaceTokenizer Convert()
    {
        var model = _metadata.Text("tokenizer.ggml.model");
        var settings = new TokenizerSettings(
            Token("bos", model == "llama" ? 1 : null),
            Token("eos", model == "llama" ? 2 : null),
            Token("unknown", model == "llama" ? 0 : null),
            Token("padding", null),
            _metadata.Text("tokenizer.chat_template"));
        var json = model switch
        {
            "gpt2" => ByteLevel(settings),
            "llama" => Marks(settings),
            _ => throw new BadInputException($"{_metadata.Path}: the tokenizer model '{model}' is not supported; supported are gpt2 and llama."),
        };
        return HuggingFaceTokenizer.Parse(json.ToJsonString(TokenizerFiles.Json) + "\n", settings, _metadata.Path);
    }

    /// <summary>The text of a special token; the id is -1 (as unsigned) where there is none, and wrong ones are ignored, as llama.cpp does.</summary>
    private string? Token(string name, int? otherwise)
    {
        var id = _metadata.Integer($"tokenizer.ggml.{name}_token_id") ?? otherwise;
        return id >= 0 && id < _tokens.Length ? _tokens[id.Value] : null;
    }

    private JsonObject ByteLevel(TokenizerSettings settings)
    {
        var cut = GgufPreTokenizer.Of(_metadata.Text("tokenizer.ggml.pre") ?? "default", _metadata.Path);
        var merges = _metadata.Texts("tokenizer.ggml.merges")
            ?? throw new BadInputException($"{_metadata.Path} has tokens but no tokenizer.ggml.merges.");
        return Whole(
            settings,
            normalizer: null,
            preTokenizer: cut.ToJson(),
            decoder: TokenizerFiles.ByteLevel(),
            addBos: cut.AddsBos,
            TokenizerFiles.Bpe(Vocabulary(), merges.Select(Pair), new BpeSettings(IgnoreMerges: cut.IgnoresMerges)));
    }

    private JsonObject Marks(TokenizerSettings settings)
    {
        var scores = _metadata.Floats("tokenizer.ggml.scores") ?? new float[_tokens.Length];
        if (scores.Length != _tokens.Length)
            throw new BadInputException($"{_metadata.Path}: {scores.Length} scores for {_tokens.Length} tokens.");
        var prefix = _metadata.Flag("tokenizer.ggml.add_space_prefix") ?? true;
        var steps = new JsonArray();
        if (prefix)
            steps.Add(new JsonObject { ["type"] = "Prepend", ["prepend"] = "▁" });
        steps.Add(TokenizerFiles.Replace(" ", "▁"));
        return Whole(
            settings,
            new JsonObject { ["type"] = "Sequence", ["normalizers"] = steps },
            preTokenizer: null,
            TokenizerFiles.MarkDecoder(stripFirst: prefix),
            addBos: true,
            TokenizerFiles.Bpe(Vocabulary(), ScoredMerges.Of(_tokens, scores), new BpeSettings(settings.Unknown, FuseUnknown: true, ByteFallback: true)));
    }

    private JsonObject Whole(TokenizerSettings settings, JsonObject? normalizer, JsonObject? preTokenizer, JsonObject decoder, bool addBos, JsonObject model)
    {
        addBos = _metadata.Flag("tokenizer.ggml.add_bos_token") ?? addBos;
        var addEos = _metadata.Flag("tokenizer.ggml.add_eos_token") ?? false;
        return new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = TokenizerFiles.AddedTokens(Added()),
            ["normalizer"] = normalizer,
            ["pre_tokenizer"] = preTokenizer,
            ["post_processor"] = TokenizerFiles.Template(Special(addBos, settings.Bos), Special(addEos, settings.Eos)),
            ["decoder"] = decoder,
            ["model"] = model,
        };
    }

    private (string Token, int Id)[] Special(bool wanted, string? token) => wanted && token is not null ? [(token, Array.IndexOf(_tokens, token))] : [];

    private IEnumerable<AddedToken> Added()
    {
        for (var id = 0; id < _types.Length; id++)
        {
            if (_types[id] is Unknown or Control or UserDefined)
                yield return new AddedToken(id, _tokens[id], Special: _types[id] != UserDefined);
        }
    }

    private JsonObject Vocabulary()
    {
        var vocabulary = new JsonObject();
        for (var id = 0; id < _tokens.Length; id++)
        {
            // llama.cpp's own name for a token without text.
            var token = _tokens[id].Length > 0 ? _tokens[id] : $"[EMPTY_{id}]";
            if (!vocabulary.TryAdd(token, id))
                throw new BadInputException($"{_metadata.Path}: the token '{token}' stands in the vocabulary twice, at id {id} again.");
        }

        return vocabulary;
    }

    private (string Left, string Right) Pair(string merge)
    {
        // A token may begin with a space, so the separator is looked for behind the first character.
        var space = merge.Length > 1 ? merge.IndexOf(' ', 1) : -1;
        return space > 0
            ? (merge[..space], merge[(space + 1)..])
            : throw new BadInputException($"{_metadata.Path}: the merge '{merge}' should be two tokens with a space between.");
    }
}
