using System.Collections.Frozen;

namespace Puzzle.Core.Checkpoints;

/// <summary>
/// What a family of decoders always does, and what its configuration means where a key is absent. One row of the table
/// a family; nothing else in the project asks for a family's name.
/// </summary>
public sealed record ModelFamily
{
    /// <summary><c>model_type</c> in Hugging Face's terms.</summary>
    public required string Name { get; init; }

    /// <summary>The class that <c>architectures</c> names.</summary>
    public required string Architecture { get; init; }

    /// <summary><c>general.architecture</c> of a GGUF file with equal layers.</summary>
    public required string GgufArchitecture { get; init; }

    /// <summary>GGUF files of this family hold the rows of q and k in pairs (interleaved RoPE) instead of halves.</summary>
    public bool GgufInterleavesRope { get; init; }

    /// <summary>llama.cpp's code for this architecture takes heads only where they share out the hidden size.</summary>
    public bool GgufHeadsShareHidden { get; init; }

    /// <summary>q, k and v have biases whatever the configuration says, o has none.</summary>
    public bool AlwaysQkvBias { get; init; }

    /// <summary><c>attention_bias</c> gives q, k, v and o biases.</summary>
    public bool HasAttentionBiasFlag { get; init; }

    /// <summary><c>mlp_bias</c> gives gate, up and down biases.</summary>
    public bool HasMlpBiasFlag { get; init; }

    /// <summary>q and k are RMS-normalised per head before RoPE.</summary>
    public bool QkNorm { get; init; }

    /// <summary>Which layers <c>sliding_window</c> is for.</summary>
    public SlidingWindowRule SlidingWindow { get; init; }

    /// <summary>KV heads where <c>num_key_value_heads</c> is absent; null: as many as heads.</summary>
    public int? DefaultKvHeads { get; init; }

    /// <summary>Head size where <c>head_dim</c> is absent; null: hidden size / heads.</summary>
    public int? DefaultHeadDim { get; init; }

    /// <summary>The window where <c>sliding_window</c> is absent (not null).</summary>
    public int? DefaultSlidingWindow { get; init; }

    /// <summary>The first layer with a window where <c>max_window_layers</c> is absent.</summary>
    public int DefaultMaxWindowLayers { get; init; } = 28;

    public double DefaultRmsNormEps { get; init; } = 1e-6;

    public int DefaultMaxPositionEmbeddings { get; init; } = 2048;

    /// <summary>All families that are read and written.</summary>
    public static IReadOnlyList<ModelFamily> All { get; } =
    [
        new()
        {
            Name = "llama", Architecture = "LlamaForCausalLM", GgufArchitecture = "llama", GgufInterleavesRope = true,
            HasAttentionBiasFlag = true, HasMlpBiasFlag = true,
        },
        new()
        {
            Name = "mistral", Architecture = "MistralForCausalLM", GgufArchitecture = "llama", GgufInterleavesRope = true,
            SlidingWindow = SlidingWindowRule.EveryLayer, DefaultSlidingWindow = 4096, DefaultKvHeads = 8,
            DefaultMaxPositionEmbeddings = 131072,
        },
        new()
        {
            Name = "qwen2", Architecture = "Qwen2ForCausalLM", GgufArchitecture = "qwen2",
            GgufHeadsShareHidden = true, AlwaysQkvBias = true, SlidingWindow = SlidingWindowRule.FromMaxWindowLayers, DefaultSlidingWindow = 4096,
            DefaultKvHeads = 32, DefaultMaxPositionEmbeddings = 32768,
        },
        new()
        {
            Name = "qwen3", Architecture = "Qwen3ForCausalLM", GgufArchitecture = "qwen3",
            HasAttentionBiasFlag = true, QkNorm = true, SlidingWindow = SlidingWindowRule.FromMaxWindowLayers, DefaultSlidingWindow = 4096,
            DefaultKvHeads = 32, DefaultHeadDim = 128, DefaultMaxPositionEmbeddings = 32768,
        },
    ];

    private static readonly FrozenDictionary<string, ModelFamily> ByName = All.ToFrozenDictionary(family => family.Name);

    /// <summary>The family of a name, or null.</summary>
    public static ModelFamily? Find(string name) => ByName.GetValueOrDefault(name);
}
