using System.Globalization;
using System.Text.Json;
using Puzzle.Core.Errors;
using Puzzle.Core.Text;

namespace Puzzle.Core.Checkpoints;

/// <summary>The tokenizer's keys of a GGUF file, taken over from another one or made from a Hugging Face folder.</summary>
public static class GgufTokenizerKeys
{
    private const int Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6;
    private const long MaxFileBytes = 256 << 20;

    /// <summary>All keys of another file that concern its tokenizer and chat template.</summary>
    public static IReadOnlyList<KeyValuePair<string, object>> Copy(GgufMetadata metadata) =>
        [.. metadata.Values.Where(pair => pair.Key.StartsWith("tokenizer.", StringComparison.Ordinal))];

    /// <summary>Converts a folder's <c>tokenizer.json</c>: byte-level BPE, or SentencePiece's BPE (scores from <c>tokenizer.model</c> where it is there, else in the order of the merges).</summary>
    /// <exception cref="BadInputException">There is none, or llama.cpp knows no tokenizer of that kind.</exception>
    public static IReadOnlyList<KeyValuePair<string, object>> FromFolder(string folder)
    {
        var path = Path.Combine(folder, "tokenizer.json");
        var file = new FileInfo(path);
        if (!file.Exists || file.Length > MaxFileBytes)
            throw new BadInputException(file.Exists ? $"{path}: {file.Length} bytes are too many" : $"{path}: no such file; llama.cpp's vocabulary is made from it");
        var tokenizer = Tokenizers.Load(folder);
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var root = document.RootElement;
        var model = root.GetProperty("model");
        if (model.TryGetProperty("type", out var type) && type.GetString() != "BPE")
            throw new BadInputException($"{path}: model.type is {type}; BPE would be right");
        var tokens = Tokens(root, model, out var types);
        List<KeyValuePair<string, object>> keys = [];
        if (GgufWordCuts.IsByteLevel(root))
        {
            keys.Add(new("tokenizer.ggml.model", "gpt2"));
            keys.Add(new("tokenizer.ggml.pre", GgufWordCuts.NameOf(root, path)));
            keys.Add(new("tokenizer.ggml.tokens", tokens));
            keys.Add(new("tokenizer.ggml.token_type", types));
            keys.Add(new("tokenizer.ggml.merges", Merges(model).Select(merge => $"{merge.Left} {merge.Right}").ToArray()));
        }
        else
        {
            keys.Add(new("tokenizer.ggml.model", "llama"));
            keys.Add(new("tokenizer.ggml.pre", "default"));
            keys.Add(new("tokenizer.ggml.tokens", tokens));
            keys.Add(new("tokenizer.ggml.scores", Scores(folder, tokens, model)));
            keys.Add(new("tokenizer.ggml.token_type", types));
            keys.Add(new("tokenizer.ggml.add_space_prefix", root.TryGetProperty("normalizer", out var normalizer) && normalizer.GetRawText().Contains("\"Prepend\"", StringComparison.Ordinal)
                || root.TryGetProperty("pre_tokenizer", out var words) && words.GetRawText().Contains("\"Metaspace\"", StringComparison.Ordinal)));
        }

        Specials(keys, tokenizer, tokens, types);
        return keys;
    }

    /// <summary>Vocabulary arrays filled up to the rows of the embedding, which may be more than there are tokens.</summary>
    internal static object Fit(string key, object value, int vocabulary) => (key, value) switch
    {
        ("tokenizer.ggml.tokens", string[] tokens) when tokens.Length < vocabulary =>
            tokens.Concat(Enumerable.Range(tokens.Length, vocabulary - tokens.Length).Select(Padding)).ToArray(),
        ("tokenizer.ggml.scores", float[] scores) when scores.Length < vocabulary =>
            scores.Concat(Enumerable.Repeat(-10000f, vocabulary - scores.Length)).ToArray(),
        ("tokenizer.ggml.token_type", int[] types) when types.Length < vocabulary =>
            types.Concat(Enumerable.Repeat(Unused, vocabulary - types.Length)).ToArray(),
        _ => value,
    };

    private static string[] Tokens(JsonElement root, JsonElement model, out int[] types)
    {
        var vocabulary = model.GetProperty("vocab").EnumerateObject().ToDictionary(pair => pair.Value.GetInt32(), pair => pair.Name);
        var added = root.TryGetProperty("added_tokens", out var list) ? list.EnumerateArray().ToList() : [];
        var count = Math.Max(vocabulary.Keys.DefaultIfEmpty(-1).Max(), added.Select(token => token.GetProperty("id").GetInt32()).DefaultIfEmpty(-1).Max()) + 1;
        var unknown = model.TryGetProperty("unk_token", out var text) ? text.GetString() : null;
        var tokens = new string[count];
        types = new int[count];
        for (var id = 0; id < count; id++)
        {
            (tokens[id], types[id]) = vocabulary.TryGetValue(id, out var token)
                ? (token, token == unknown ? Unknown : IsByte(token) && !GgufWordCuts.IsByteLevel(root) ? Byte : Normal)
                : (Padding(id), Unused);
        }

        foreach (var token in added)
        {
            var id = token.GetProperty("id").GetInt32();
            tokens[id] = token.GetProperty("content").GetString()!;
            if (types[id] != Unknown)
                types[id] = token.TryGetProperty("special", out var special) && special.GetBoolean() ? Control : UserDefined;
        }

        return tokens;
    }

    private static IEnumerable<(string Left, string Right)> Merges(JsonElement model) => model.GetProperty("merges").EnumerateArray().Select(merge =>
    {
        if (merge.ValueKind == JsonValueKind.Array)
            return (merge[0].GetString()!, merge[1].GetString()!);
        var text = merge.GetString()!;
        var space = text.IndexOf(' ', 1);
        return (text[..space], text[(space + 1)..]);
    });

    private static float[] Scores(string folder, string[] tokens, JsonElement model)
    {
        var scores = new float[tokens.Length];
        var file = Path.Combine(folder, "tokenizer.model");
        if (File.Exists(file))
        {
            var pieces = SentencePieceModel.Read(File.ReadAllBytes(file), file).Pieces;
            for (var id = 0; id < Math.Min(pieces.Count, scores.Length); id++)
                scores[id] = pieces[id].Score;
            return scores;
        }

        // llama.cpp merges the pair with the highest score first; merges apply in their order.
        var ids = new Dictionary<string, int>();
        for (var id = 0; id < tokens.Length; id++)
            ids.TryAdd(tokens[id], id);
        var rank = 0;
        foreach (var (left, right) in Merges(model))
        {
            rank++;
            if (ids.TryGetValue(left + right, out var id) && scores[id] == 0)
                scores[id] = -rank;
        }

        return scores;
    }

    private static void Specials(List<KeyValuePair<string, object>> keys, ITokenizer tokenizer, string[] tokens, int[] types)
    {
        if (tokenizer.BosId is { } bos)
            keys.Add(new("tokenizer.ggml.bos_token_id", (uint)bos));
        if (tokenizer.EosId is { } eos)
            keys.Add(new("tokenizer.ggml.eos_token_id", (uint)eos));
        if (Array.IndexOf(types, Unknown) is >= 0 and var unknown && unknown < tokens.Length)
            keys.Add(new("tokenizer.ggml.unknown_token_id", (uint)unknown));
        keys.Add(new("tokenizer.ggml.add_bos_token", tokenizer.AddsBos));
        if (tokenizer.ChatTemplate is { } template)
            keys.Add(new("tokenizer.chat_template", template));
    }

    private static bool IsByte(string token) =>
        token is ['<', '0', 'x', _, _, '>'] && byte.TryParse(token.AsSpan(3, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out _);

    private static string Padding(int id) => $"[PAD{id}]";
}
