using Puzzle.Core.Models;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Checkpoints;

/// <summary>The metadata of a GGUF file: what llama.cpp needs, the tokenizer's keys, and ours for reading back.</summary>
internal static class GgufKeys
{
    public static List<KeyValuePair<string, object>> Of(ModelConfig config, string architecture, ModelFamily family, HashSet<int> standIns, GgufExportOptions options)
    {
        List<KeyValuePair<string, object>> keys = [];
        Add("general.architecture", architecture);
        Add("general.type", "model");
        Add("general.name", options.Name);
        Add("general.file_type", FileType(options.Type));
        Add("general.quantization_version", 2u);
        Model("block_count", (uint)config.Layers.Count);
        Model("context_length", (uint)config.MaxPositionEmbeddings);
        Model("embedding_length", (uint)config.HiddenSize);
        Model("vocab_size", (uint)config.VocabSize);
        Layers(config, architecture, Model);
        Model("attention.key_length", (uint)config.HeadDim);
        Model("attention.value_length", (uint)config.HeadDim);
        Model("attention.layer_norm_rms_epsilon", (float)config.RmsNormEps);
        Model("rope.dimension_count", (uint)config.HeadDim);
        Model("rope.freq_base", (float)config.RopeTheta);
        if (config.RopeScaling is { Type: "linear" } linear)
        {
            Model("rope.scaling.type", "linear");
            Model("rope.scaling.factor", (float)linear.Factor);
        }

        if (config.RopeScaling is { Type: "llama3" } llama3)
            Add(PuzzleKeys.Llama3Scaling, new[] { llama3.Factor, llama3.LowFreqFactor, llama3.HighFreqFactor, llama3.OriginalMaxPositionEmbeddings });
        if (family.GgufArchitecture != architecture || ModelFamily.All.First(row => row.GgufArchitecture == architecture) != family)
            Add(PuzzleKeys.Family, family.Name);
        if (standIns.Count > 0)
            Add(PuzzleKeys.StandInFeedForward, standIns.Order().ToArray());
        Tokenizer(config, options, Add);
        return keys;

        void Add(string key, object value) => keys.Add(new(key, value));
        void Model(string key, object value) => Add($"{architecture}.{key}", value);
    }

    // llama.cpp takes one number or an array of them; deci's own converter writes arrays.
    private static void Layers(ModelConfig config, string architecture, Action<string, object> add)
    {
        int[] heads = [.. config.Layers.Select(layer => layer.Attention is NoOpAttentionSpec ? 0 : config.Heads)];
        int[] kvHeads = [.. config.Layers.Select(layer => (layer.Attention as GroupedQuerySpec)?.KvHeads ?? 0)];
        int[] widths = [.. config.Layers.Select(layer => (layer.FeedForward as SwiGluSpec)?.IntermediateSize ?? 0)];
        var deci = architecture == GgufConfig.Deci;
        add("attention.head_count", deci ? heads : (uint)heads[0]);
        add("attention.head_count_kv", deci ? kvHeads : (uint)kvHeads[0]);
        add("feed_forward_length", deci ? widths : (uint)widths[0]);
    }

    private static void Tokenizer(ModelConfig config, GgufExportOptions options, Action<string, object> add)
    {
        if (options.Tokenizer.Count == 0)
        {
            add("tokenizer.ggml.model", "no_vocab");
            if (config.BosTokenId is { } bos)
                add("tokenizer.ggml.bos_token_id", (uint)bos);
            if (config.EosTokenIds is [var eos, ..])
                add("tokenizer.ggml.eos_token_id", (uint)eos);
            return;
        }

        foreach (var (key, value) in options.Tokenizer)
            add(key, GgufTokenizerKeys.Fit(key, value, config.VocabSize));
    }

    private static uint FileType(StoredType type) => type switch
    {
        StoredType.F32 => 0,
        StoredType.F16 => 1,
        StoredType.Q4_0 => 2,
        StoredType.Q8_0 => 7,
        StoredType.BF16 => 32,
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };
}
