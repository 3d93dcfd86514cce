using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Puzzle.Core.Text;

/// <summary>The parts of tokenizer files, for writing them.</summary>
internal static class TokenizerFiles
{
    /// <summary>Indented, and text as it is instead of escapes.</summary>
    public static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static JsonArray AddedTokens(IEnumerable<AddedToken> tokens) => [.. tokens.OrderBy(t => t.Id).Select(token => new JsonObject
    {
        ["id"] = token.Id,
        ["content"] = token.Content,
        ["single_word"] = token.SingleWord,
        ["lstrip"] = token.LStrip,
        ["rstrip"] = token.RStrip,
        ["normalized"] = token.Normalized,
        ["special"] = token.Special,
    })];

    public static JsonObject ByteLevel(bool useExpression = true) => new()
    {
        ["type"] = "ByteLevel",
        ["add_prefix_space"] = false,
        ["trim_offsets"] = true,
        ["use_regex"] = useExpression,
    };

    public static JsonObject Replace(string pattern, string content, bool expression = false) => new()
    {
        ["type"] = "Replace",
        ["pattern"] = new JsonObject { [expression ? "Regex" : "String"] = pattern },
        ["content"] = content,
    };

    /// <summary>The decoder of vocabularies with SentencePiece's marks.</summary>
    public static JsonObject MarkDecoder(bool stripFirst)
    {
        var steps = new JsonArray(Replace("▁", " "), new JsonObject { ["type"] = "ByteFallback" }, new JsonObject { ["type"] = "Fuse" });
        if (stripFirst)
            steps.Add(new JsonObject { ["type"] = "Strip", ["content"] = " ", ["start"] = 1, ["stop"] = 0 });
        return new JsonObject { ["type"] = "Sequence", ["decoders"] = steps };
    }

    /// <summary>A post-processor that puts tokens in front and behind; null if there are none.</summary>
    public static JsonObject? Template(IReadOnlyList<(string Token, int Id)> prefix, IReadOnlyList<(string Token, int Id)> suffix)
    {
        if (prefix.Count + suffix.Count == 0)
            return null;
        var special = new JsonObject();
        foreach (var (token, id) in prefix.Concat(suffix))
            special[token] = new JsonObject { ["id"] = token, ["ids"] = new JsonArray(id), ["tokens"] = new JsonArray(token) };
        return new JsonObject
        {
            ["type"] = "TemplateProcessing",
            ["single"] = Sequence("A", 0),
            ["pair"] = new JsonArray([.. Sequence("A", 0).Concat(Sequence("B", 1)).Select(n => n!.DeepClone())]),
            ["special_tokens"] = special,
        };

        JsonArray Sequence(string name, int type) =>
        [
            .. prefix.Select(t => Part("SpecialToken", t.Token, type)),
            Part("Sequence", name, type),
            .. suffix.Select(t => Part("SpecialToken", t.Token, type)),
        ];

        static JsonObject Part(string kind, string id, int type) => new() { [kind] = new JsonObject { ["id"] = id, ["type_id"] = type } };
    }

    public static JsonObject Bpe(JsonObject vocabulary, IEnumerable<(string Left, string Right)> merges, BpeSettings settings) => new()
    {
        ["type"] = "BPE",
        ["dropout"] = null,
        ["unk_token"] = settings.UnknownToken,
        ["continuing_subword_prefix"] = settings.ContinuingPrefix,
        ["end_of_word_suffix"] = settings.EndOfWordSuffix,
        ["fuse_unk"] = settings.FuseUnknown,
        ["byte_fallback"] = settings.ByteFallback,
        ["ignore_merges"] = settings.IgnoreMerges,
        ["vocab"] = vocabulary,
        // As pairs: a token may contain a space.
        ["merges"] = new JsonArray([.. merges.Select(m => new JsonArray(m.Left, m.Right))]),
    };

    /// <summary>The text of a <c>tokenizer_config.json</c> that leaves the work to <c>tokenizer.json</c>.</summary>
    public static string Config(TokenizerSettings settings)
    {
        var config = new JsonObject { ["tokenizer_class"] = "PreTrainedTokenizerFast", ["clean_up_tokenization_spaces"] = false };
        foreach (var (name, token) in new[] { ("bos_token", settings.Bos), ("eos_token", settings.Eos), ("unk_token", settings.Unknown), ("pad_token", settings.Pad) })
        {
            if (token is not null)
                config[name] = token;
        }

        if (settings.ChatTemplate is not null)
            config["chat_template"] = settings.ChatTemplate;
        return config.ToJsonString(Json) + "\n";
    }

    /// <summary>Lone surrogates become U+FFFD.</summary>
    public static string WellFormed(string text)
    {
        if (text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0)
            return text;
        var builder = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
            builder.Append(rune.ToString());
        return builder.ToString();
    }
}
