using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace Puzzle.Core.Recipes;

/// <summary>The files to write, and the engines whose rules the search must keep.</summary>
public sealed record ExportSection
{
    /// <summary>Engines the child must load in: what they cannot do is left out of the search.</summary>
    public IReadOnlyList<ServingTarget> Targets { get; init; } = [];

    /// <summary>Further formats of the finished child. The child itself is always a Hugging Face folder.</summary>
    public IReadOnlyList<ExportFormat> Formats { get; init; } = [];

    /// <summary>Linear feed-forward networks in gguf, which has none. refuse: with the target llama_cpp they are no choices. distill: they are, and in gguf each becomes a SwiGLU that learns to do the same.</summary>
    public LinearFfn LinearFfn { get; init; }

    /// <summary>Width of those networks. Default: about a third of the hidden size, as many parameters as the linear ones have. At the hidden size they are exact.</summary>
    [Range(1, 16_777_216)]
    public int? LinearFfnWidth { get; init; }
}

/// <summary>What becomes of linear feed-forward networks where a format has none.</summary>
public enum LinearFfn
{
    /// <summary>They are refused.</summary>
    Refuse,

    /// <summary>They become small SwiGLU networks.</summary>
    Distill,
}

/// <summary>One export. A plain name stands for that format.</summary>
[Shorthand("format")]
public sealed record ExportFormat
{
    /// <summary>hf, hf_llama, hf_inflated, anymodel, anymodel_vllm or gguf.</summary>
    public required ExportKind Format { get; init; }

    /// <summary>How weights are stored. Default: as in the child.</summary>
    public WeightsType? Dtype { get; init; }

    /// <summary>Where to. Default: export/FORMAT-DTYPE in the run folder.</summary>
    [RecipePath]
    public string? Path { get; init; }
}

/// <summary>What can be written.</summary>
public enum ExportKind
{
    /// <summary>DeciLM / nemotron-nas folder.</summary>
    Hf,

    /// <summary>Plain Llama, where all layers are alike.</summary>
    HfLlama,

    /// <summary>The same function in the parent's plain shapes.</summary>
    HfInflated,

    /// <summary>AnyModel folder.</summary>
    [JsonStringEnumMemberName("anymodel")]
    AnyModel,

    /// <summary>The folder that vLLM's AnyModel reads.</summary>
    [JsonStringEnumMemberName("anymodel_vllm")]
    AnyModelVllm,

    /// <summary>GGUF.</summary>
    Gguf,
}

/// <summary>An engine with rules of its own.</summary>
public enum ServingTarget
{
    /// <summary>Whatever loads the parent's own class, where the child's layers are alike or inflated.</summary>
    Plain,

    /// <summary>transformers with the public DeciLM code.</summary>
    Transformers,

    /// <summary>vLLM.</summary>
    [JsonStringEnumMemberName("vllm")]
    Vllm,

    /// <summary>llama.cpp.</summary>
    LlamaCpp,

    /// <summary>TensorRT-LLM.</summary>
    [JsonStringEnumMemberName("tensorrt_llm")]
    TensorRtLlm,
}

/// <summary>How weights are stored in a file.</summary>
public enum WeightsType
{
    [JsonStringEnumMemberName("f32")]
    F32,
    [JsonStringEnumMemberName("f16")]
    F16,
    [JsonStringEnumMemberName("bf16")]
    BF16,
    [JsonStringEnumMemberName("q8_0")]
    Q8_0,
    [JsonStringEnumMemberName("q4_0")]
    Q4_0,
}
