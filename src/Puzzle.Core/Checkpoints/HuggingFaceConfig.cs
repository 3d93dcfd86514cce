using Puzzle.Core.Models;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Checkpoints;

/// <summary>
/// Reads <c>config.json</c>: the classic layout, transformers 5's, nemotron-nas and AnyModel. Values are checked here, so
/// that nothing behind has to ask whether a division is possible. Remote code (<c>auto_map</c>) is never run.
/// </summary>
public static class HuggingFaceConfig
{
    private const int MaxLayers = 10_000;
    private const int MaxSize = 1 << 24;

    /// <exception cref="Errors.BadInputException">Not sound, or of a kind that is not supported.</exception>
    public static ModelConfig Read(string path) => Read(ConfigObject.Read(path));

    internal static ModelConfig Read(ConfigObject config)
    {
        if (config.IsPresent("quantization_config"))
            throw config.Wrong("quantization_config", "none (convert the checkpoint to F32, F16 or BF16; or use a GGUF file)");
        var family = Family(config);
        if (config.OptionalText("hidden_act") is not (null or "silu" or "swish"))
            throw config.Wrong("hidden_act", "silu");
        var hidden = config.Int("hidden_size", 1, MaxSize);
        var heads = config.Int("num_attention_heads", 1, MaxSize);
        var headDim = HeadDim(config, family, hidden, heads);
        var (theta, scaling) = RopeConfig.Read(config);
        var attentionBias = family.HasAttentionBiasFlag && config.Flag("attention_bias");
        var vocabulary = config.Int("vocab_size", 1, int.MaxValue);
        CheckSize(config, "the embedding", vocabulary, hidden);
        CheckSize(config, "the q projection", (long)heads * headDim, hidden);
        return new()
        {
            Family = family.Name,
            HiddenSize = hidden,
            VocabSize = vocabulary,
            Heads = heads,
            HeadDim = headDim,
            Layers = new LayerConfigReader(config, family, hidden, heads).Read(config.Int("num_hidden_layers", 1, MaxLayers)),
            RmsNormEps = config.OptionalPositive("rms_norm_eps") ?? family.DefaultRmsNormEps,
            RopeTheta = theta,
            RopeScaling = scaling,
            MaxPositionEmbeddings = config.OptionalInt("max_position_embeddings", 1, int.MaxValue) ?? family.DefaultMaxPositionEmbeddings,
            TieWordEmbeddings = config.Flag("tie_word_embeddings"),
            QkvBias = family.AlwaysQkvBias || attentionBias,
            OutputBias = attentionBias,
            MlpBias = (family.HasMlpBiasFlag || config.OptionalText("model_type") == "nemotron-nas") && config.Flag("mlp_bias"),
            QkNorm = family.QkNorm,
            BosTokenId = TokenIds(config, "bos_token_id", vocabulary) is [var bos, ..] ? bos : null,
            EosTokenIds = TokenIds(config, "eos_token_id", vocabulary),
        };
    }

    /// <summary>Ids of the vocabulary at a key; others (-1 for "none") cannot occur and are left out.</summary>
    internal static IReadOnlyList<int> TokenIds(ConfigObject config, string key, int vocabulary) =>
        [.. (config.OptionalIntegers(key) ?? []).Where(id => id >= 0 && id < vocabulary).Select(id => (int)id).Distinct()];

    internal static void CheckSize(ConfigObject config, string what, long rows, long columns)
    {
        if (Math.BigMul(rows, columns) > Array.MaxLength)
            throw config.Bad($"{what} would have {rows} x {columns} values; at most {Array.MaxLength} are supported");
    }

    private static ModelFamily Family(ConfigObject config)
    {
        var type = config.OptionalText("model_type");
        var architectures = config.OptionalTexts("architectures") ?? [];
        string[] classes = [.. architectures, .. config.OptionalText("base_architecture") is { } original ? [original] : Array.Empty<string>()];
        if (type is null && classes.Length == 0)
            throw config.Bad($"neither model_type nor architectures is given; {Supported()} are supported");
        if (type == "nemotron-nas" || (type is null && classes.Contains("DeciLMForCausalLM")))
            return NemotronFamily(config);
        var family = type is null ? ModelFamily.All.FirstOrDefault(row => classes.Contains(row.Architecture, StringComparer.OrdinalIgnoreCase)) : ModelFamily.Find(type);
        if (family is null)
            throw config.Bad($"{(type is null ? $"architectures {string.Join(", ", classes)}" : $"model_type {type}")} is not supported; {Supported()} are");
        if (classes.Length > 0 && !classes.Contains(family.Architecture, StringComparer.OrdinalIgnoreCase))
            throw config.Wrong("architectures", $"[\"{family.Architecture}\"]");
        return family;
    }

    // nemotron-nas is Llama's mathematics. Children of other families name theirs in an entry of our own.
    private static ModelFamily NemotronFamily(ConfigObject config)
    {
        var puzzle = config.OptionalObject("puzzle");
        var name = puzzle?.OptionalText("family") ?? "llama";
        return ModelFamily.Find(name) ?? throw puzzle!.Value.Wrong("family", Supported());
    }

    private static string Supported() => $"{string.Join(", ", ModelFamily.All.Select(family => family.Name))} and nemotron-nas";

    private static int HeadDim(ConfigObject config, ModelFamily family, int hidden, int heads)
    {
        var headDim = config.OptionalInt("head_dim", 1, MaxSize) ?? family.DefaultHeadDim;
        if (headDim is null && hidden % heads != 0)
            throw config.Wrong("num_attention_heads", $"a divisor of hidden_size {hidden}, or an explicit head_dim,");
        headDim ??= hidden / heads;
        return headDim % 2 == 0 ? headDim.Value : throw config.Bad($"head_dim is {headDim}; RoPE needs an even number");
    }
}
