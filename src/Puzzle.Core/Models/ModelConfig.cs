using Puzzle.Core.Variants;

namespace Puzzle.Core.Models;

/// <summary>
/// The architecture of a decoder, parent or child: what all layers share, and per layer what its attention and its
/// feed-forward network are. Read from <c>config.json</c> or GGUF metadata; nothing in it refers to a file.
/// </summary>
public sealed record ModelConfig
{
    /// <summary>llama, mistral, qwen2 or qwen3: what the weights mean, not what wrote the file.</summary>
    public required string Family { get; init; }

    public required int HiddenSize { get; init; }

    public required int VocabSize { get; init; }

    /// <summary>Query heads, the same in every layer.</summary>
    public required int Heads { get; init; }

    /// <summary>Size of one head; not always HiddenSize / Heads.</summary>
    public required int HeadDim { get; init; }

    /// <summary>One entry a layer.</summary>
    public required IReadOnlyList<LayerSpec> Layers { get; init; }

    public double RmsNormEps { get; init; } = 1e-5;

    public double RopeTheta { get; init; } = 10000;

    public RopeScaling? RopeScaling { get; init; }

    public int MaxPositionEmbeddings { get; init; } = 2048;

    public bool TieWordEmbeddings { get; init; }

    /// <summary>Biases on q, k and v.</summary>
    public bool QkvBias { get; init; }

    /// <summary>Bias on o.</summary>
    public bool OutputBias { get; init; }

    /// <summary>Biases on gate, up and down.</summary>
    public bool MlpBias { get; init; }

    /// <summary>RMS norm of q and k per head before RoPE (Qwen3).</summary>
    public bool QkNorm { get; init; }

    public int? BosTokenId { get; init; }

    /// <summary>All ids that end a generation.</summary>
    public IReadOnlyList<int> EosTokenIds { get; init; } = [];

    /// <summary>The largest number of KV heads of any layer, 0 where no layer has attention.</summary>
    public int MaxKvHeads => Layers.Max(layer => (layer.Attention as GroupedQuerySpec)?.KvHeads ?? 0);
}
