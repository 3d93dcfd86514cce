using Puzzle.Core.Errors;
using Puzzle.Core.Models;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Checkpoints;

/// <summary>
/// Reads the architecture from GGUF metadata and, where metadata are silent (biases, tied head), from which tensors there
/// are. Architectures: those of <see cref="ModelFamily"/>, and deci.
/// </summary>
internal sealed class GgufConfig
{
    public const string Deci = "deci";

    private const int MaxLayers = 10_000;
    private const int MaxSize = 1 << 24;

    private readonly GgufContainer _file;
    private readonly GgufMetadata _metadata;
    private readonly string _architecture;

    private GgufConfig(GgufContainer file)
    {
        (_file, _metadata) = (file, file.Metadata);
        _architecture = _metadata.Text("general.architecture")!;
        Family = _architecture == Deci
            ? ModelFamily.Find("llama")!
            : ModelFamily.All.FirstOrDefault(family => family.GgufArchitecture == _architecture) ?? throw Bad($"architecture {_architecture} is not supported; {Supported()} are");
    }

    /// <summary>What the file's architecture says; deci is Llama's mathematics.</summary>
    public ModelFamily Family { get; }

    /// <exception cref="BadInputException">A value is missing or impossible, or the architecture is not supported.</exception>
    public static (ModelConfig Config, ModelFamily Family) Read(GgufContainer file)
    {
        GgufVocabulary.Check(file.Metadata);
        var reader = new GgufConfig(file);
        return (reader.Read(), reader.Family);
    }

    private ModelConfig Read()
    {
        if (Optional("expert_count", 0, MaxSize) is > 0)
            throw Bad($"{Key("expert_count")} is {Optional("expert_count", 0, MaxSize)}; mixtures of experts are not supported");
        var layers = Required("block_count", MaxLayers);
        var hidden = Required("embedding_length", MaxSize);
        var vocabulary = Vocabulary(hidden);
        var heads = PerLayer("attention.head_count", layers, null);
        var largest = heads.Max();
        if (largest == 0)
            throw Bad($"{Key("attention.head_count")} is 0; at least one layer needs heads");
        var headDim = HeadDim(hidden, largest);
        var (theta, scaling) = GgufRope.Read(_file, _architecture, headDim);
        return new()
        {
            Family = _metadata.Text(PuzzleKeys.Family) is { } own && ModelFamily.Find(own) is not null ? own : Family.Name,
            HiddenSize = hidden,
            VocabSize = vocabulary,
            Heads = largest,
            HeadDim = headDim,
            Layers = Layers(layers, heads, largest),
            RmsNormEps = Positive("attention.layer_norm_rms_epsilon") ?? throw Bad($"{Key("attention.layer_norm_rms_epsilon")} is absent"),
            RopeTheta = theta,
            RopeScaling = scaling,
            MaxPositionEmbeddings = Required("context_length", int.MaxValue),
            TieWordEmbeddings = !_file.Tensors.ContainsKey("output.weight"),
            QkvBias = HasAny("attn_q.bias"),
            OutputBias = HasAny("attn_output.bias"),
            MlpBias = HasAny("ffn_gate.bias"),
            QkNorm = Family.QkNorm,
            BosTokenId = TokenId("bos_token_id", vocabulary),
            EosTokenIds = [.. new[] { "eos_token_id", "eot_token_id", "eom_token_id" }.Select(key => TokenId(key, vocabulary)).OfType<int>().Distinct()],
        };
    }

    private List<LayerSpec> Layers(int count, int[] heads, int largest)
    {
        var kvHeads = PerLayer("attention.head_count_kv", count, heads);
        var widths = PerLayer("feed_forward_length", count, null);
        var standIns = _metadata.Integers(PuzzleKeys.StandInFeedForward) ?? [];
        List<LayerSpec> layers = [];
        for (var i = 0; i < count; i++)
        {
            AttentionSpec attention = heads[i] == 0 ? new NoOpAttentionSpec()
                : kvHeads[i] == 0 ? new LinearAttentionSpec()
                : new GroupedQuerySpec(kvHeads[i]);
            if (_architecture != Deci && attention is not GroupedQuerySpec)
                throw Bad($"layer {i} has {heads[i]} heads and {kvHeads[i]} KV heads, which {_architecture} cannot have");
            if (attention is GroupedQuerySpec && (heads[i] != largest || kvHeads[i] > largest || largest % kvHeads[i] != 0))
                throw Bad($"layer {i} has {heads[i]} heads and {kvHeads[i]} KV heads; the same number of heads in every layer, divided by its KV heads, would be right");
            layers.Add(new(attention, widths[i] == 0 || standIns.Contains(i) ? new NoOpFeedForwardSpec() : new SwiGluSpec(widths[i])));
        }

        return layers;
    }

    private int HeadDim(int hidden, int heads)
    {
        var headDim = Optional("attention.key_length", 1, MaxSize);
        if (headDim is null && hidden % heads != 0)
            throw Bad($"{Key("attention.head_count")} is {heads}, which does not divide {Key("embedding_length")} {hidden}");
        headDim ??= hidden / heads;
        if (headDim % 2 != 0)
            throw Bad($"the head size is {headDim}; RoPE needs an even number");
        if (Optional("attention.value_length", 1, MaxSize) is { } values && values != headDim)
            throw Bad($"{Key("attention.value_length")} is {values}; the key length, {headDim}, would be right");
        if (Optional("rope.dimension_count", 1, MaxSize) is { } turned && turned != headDim)
            throw Bad($"{Key("rope.dimension_count")} is {turned}; the head size, {headDim}, would be right");
        if (Math.BigMul((long)heads * headDim.Value, hidden) > Array.MaxLength)
            throw Bad($"the q projection would have {heads * (long)headDim} x {hidden} values; at most {Array.MaxLength} are supported");
        return headDim.Value;
    }

    private int Vocabulary(int hidden)
    {
        var embedding = _file.Tensors.GetValueOrDefault("token_embd.weight") ?? throw Bad("tensor token_embd.weight is missing");
        if (embedding.Info.Shape is not [var rows, var columns] || columns != hidden || rows > int.MaxValue)
            throw Bad($"{Key("embedding_length")} is {hidden}, but token_embd.weight has shape [{string.Join(", ", embedding.Info.Shape)}]");
        return (int)rows;
    }

    private bool HasAny(string name) => _file.Tensors.Keys.Any(key => key.StartsWith("blk.", StringComparison.Ordinal) && key.EndsWith($".{name}", StringComparison.Ordinal));

    // Some files say "none" with the largest u32.
    private int? TokenId(string key, int vocabulary) =>
        _metadata.Integer($"tokenizer.ggml.{key}") is { } id and not (-1 or uint.MaxValue)
            ? id >= 0 && id < vocabulary ? (int)id : throw Bad($"tokenizer.ggml.{key} is {id}; the vocabulary has {vocabulary} entries")
            : null;

    /// <summary>A value for each layer, from one number or an array.</summary>
    private int[] PerLayer(string name, int layers, int[]? absent)
    {
        var key = Key(name);
        if (!_metadata.Has(key))
            return absent ?? throw Bad($"{key} is absent");
        if (_metadata.Values[key] is not Array)
            return [.. Enumerable.Repeat(Required(name, MaxSize), layers)];
        var values = _metadata.Integers(key)!;
        if (values.Length != layers)
            throw Bad($"{key} has {values.Length} entries for {layers} layers");
        return values.All(value => value is >= 0 and <= MaxSize) ? values : throw Bad($"{key} holds {values.First(value => value is < 0 or > MaxSize)}; integers from 0 to {MaxSize} would be right");
    }

    private int Required(string name, int max) => Optional(name, 1, max) ?? throw Bad($"{Key(name)} is absent");

    private int? Optional(string name, int min, int max) => _metadata.Integer(Key(name)) switch
    {
        null => null,
        { } value when value >= min && value <= max => (int)value,
        var value => throw Bad($"{Key(name)} is {value}; an integer from {min} to {max} would be right"),
    };

    private double? Positive(string name) => _metadata.Number(Key(name)) switch
    {
        null => null,
        { } value when value > 0 && double.IsFinite(value) => value,
        var value => throw Bad($"{Key(name)} is {value}; a finite number above zero would be right"),
    };

    private string Key(string name) => $"{_architecture}.{name}";

    private static string Supported() => string.Join(", ", ModelFamily.All.Select(family => family.GgufArchitecture).Distinct().Append(Deci));

    private BadInputException Bad(string problem) => new($"{_file.Path}: {problem}");
}
