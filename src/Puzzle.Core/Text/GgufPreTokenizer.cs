using System.Text.Json.Nodes;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Text;

/// <summary>How text is cut into words for a name in <c>tokenizer.ggml.pre</c>.</summary>
/// <param name="Expressions">Cuts, one after the other; each match is a word of its own.</param>
/// <param name="IgnoresMerges">A word that is a token is that token, whatever the merges say.</param>
/// <param name="AddsBos">Whether BOS is put in front unless the file says otherwise.</param>
internal sealed record GgufPreTokenizer(string[] Expressions, bool IgnoresMerges = false, bool AddsBos = false)
{
    private const string Contractions = "'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]";
    private const string Llama3 = @"(?:" + Contractions + @")|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Qwen2 = @"(?:" + Contractions + @")|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Qwen35 = @"(?:" + Contractions + @")|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Upper = @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]";
    private const string Lower = @"[\p{Ll}\p{Lm}\p{Lo}\p{M}]";
    private const string Signs = @" ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Tekken = Upper + "*" + Lower + "+|" + Upper + "+" + Lower + @"*|\p{N}|" + Signs;
    private const string Gpt4o = Upper + "*" + Lower + "+(?:" + Contractions + ")?|" + Upper + "+" + Lower + "*(?:" + Contractions + @")?|\p{N}{1,3}|" + Signs;
    private const string Cjk = "[一-龥\u3040-ゟ゠-ヿ]+";
    private const string DeepSeek3 = @"[!""#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private static readonly Dictionary<string, GgufPreTokenizer> Known = Build();

    /// <exception cref="BadInputException">A name that is not known.</exception>
    public static GgufPreTokenizer Of(string name, string file) => Known.TryGetValue(name, out var found)
        ? found
        : throw new BadInputException($"{file}: tokenizer.ggml.pre '{name}' is not supported; supported are {string.Join(", ", Known.Keys.Order(StringComparer.Ordinal))}.");

    /// <summary>The pre-tokenizer of a <c>tokenizer.json</c>.</summary>
    public JsonObject ToJson()
    {
        var gpt2 = Expressions[^1] == ByteLevelPreTokenizer.Gpt2;
        var steps = new JsonArray();
        foreach (var expression in gpt2 ? Expressions[..^1] : Expressions)
        {
            steps.Add(expression == @"\p{N}"
                ? new JsonObject { ["type"] = "Digits", ["individual_digits"] = true }
                : new JsonObject { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = expression }, ["behavior"] = "Isolated", ["invert"] = false });
        }

        steps.Add(TokenizerFiles.ByteLevel(useExpression: gpt2));
        return new JsonObject { ["type"] = "Sequence", ["pretokenizers"] = steps };
    }

    private static Dictionary<string, GgufPreTokenizer> Build()
    {
        const string Gpt2 = ByteLevelPreTokenizer.Gpt2;
        var known = new Dictionary<string, GgufPreTokenizer>();
        Add(new([@"[\p{P}\$\+<=>\^~\|]+", Gpt2, @"\p{N}+", "[0-9][0-9][0-9]"]), "default");
        Add(new([Llama3], IgnoresMerges: true, AddsBos: true), "llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2");
        Add(new([Llama3]), "dbrx", "smaug-bpe", "glm4", "chatglm-bpe");
        Add(new([Gpt2]), "gpt-2", "phi-2", "gigachat", "a.x-4.0", "mellum", "modern-bert", "mpt", "olmo", "jais", "trillion", "granite-docling", "exaone4");
        Add(new([@"\p{N}", Gpt2]), "starcoder", "refact", "command-r", "smollm", "codeshell", "exaone", "minerva-7b", "mellum2");
        Add(new([Qwen2]), "qwen2", "deepseek-r1-qwen", "kormo", "stablelm2", "hunyuan", "megrez", "grok-2", "solar-open");
        Add(new([Qwen35]), "qwen35");
        Add(new([Tekken], IgnoresMerges: true, AddsBos: true), "tekken");
        Add(new([Gpt4o]), "gpt-4o", "llama4", "kanana2", "minimax-m2");
        Add(new([@"\p{N}{1,3}", Cjk, DeepSeek3]), "deepseek-v3", "hunyuan-dense", "joyai-llm");
        Add(new(["[\r\n]", @"\s?\p{L}+", @"\s?\p{P}+", "[一-龥ࠀ-一가-\uD7FF]+", @"\p{N}"]), "deepseek-coder");
        Add(new([@"[\p{P}\$\+<=>\^~\|`]+", Gpt2, "[0-9][0-9][0-9]"]), "falcon");
        return known;

        void Add(GgufPreTokenizer cut, params string[] names)
        {
            foreach (var name in names)
                known.Add(name, cut);
        }
    }
}
