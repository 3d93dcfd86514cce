using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace Puzzle.Core.Recipes;

/// <summary>What each variant costs where the child will be served.</summary>
public sealed record MeasureSection
{
    /// <summary>torch (this tool's engine), llama_cpp, roofline (a hardware profile) or table (imported measurements).</summary>
    public MeasureEngine Engine { get; init; } = MeasureEngine.Torch;

    /// <summary>Engines that the finished child is timed on as well.</summary>
    public IReadOnlyList<MeasureEngine> AlsoReport { get; init; } = [];

    /// <summary>For engine: roofline, the profile: a name of the hardware folder or a YAML file.</summary>
    [RecipePath(OrName = true)]
    public string? Hardware { get; init; }

    /// <summary>For engine: roofline, the number of devices that share each layer.</summary>
    [Range(1, 64)]
    public int TensorParallel { get; init; } = 1;

    /// <summary>How weights are stored where the child is served.</summary>
    public ServedType Weights { get; init; } = ServedType.F32;

    /// <summary>How keys and values are stored where the child is served.</summary>
    public ServedType Cache { get; init; } = ServedType.F32;

    /// <summary>A folder of measured costs that runs share, a file for each hardware, engine and type: what is there is not measured again.</summary>
    [RecipePath]
    public string? Shared { get; init; }

    /// <summary>A table of costs to use instead of measuring: JSON or CSV, as this stage leaves both, or puzzletron's subblock_stats.json.</summary>
    [RecipePath]
    public string? Table { get; init; }

    /// <summary>Timed repeats of every point, interleaved over the variants; short ones are repeated until they have taken 0.8 seconds each on average.</summary>
    [Range(1, 1_000)]
    public int Repeats { get; init; } = 5;

    /// <summary>Repeats before the clock counts.</summary>
    [Range(0, 1_000)]
    public int Warmup { get; init; } = 1;

    /// <summary>Copies of a variant in the shorter of the two stacks whose difference is its cost. Default: enough to leave the caches.</summary>
    [Range(1, 1_000)]
    public int? Copies { get; init; }

    /// <summary>Whether the measured child corrects the predicted times (one factor for prefill, one for decoding) for the next solve.</summary>
    public bool Calibrate { get; init; }
}

/// <summary>Where costs come from.</summary>
public enum MeasureEngine
{
    /// <summary>This tool's engine.</summary>
    Torch,

    /// <summary>llama.cpp, found by PUZZLE_LLAMA_CPP.</summary>
    LlamaCpp,

    /// <summary>A model of hardware that is not at hand.</summary>
    Roofline,

    /// <summary>An imported table.</summary>
    Table,
}

/// <summary>How numbers are stored where a model is served.</summary>
public enum ServedType
{
    [JsonStringEnumMemberName("f32")]
    F32,
    [JsonStringEnumMemberName("f16")]
    F16,
    [JsonStringEnumMemberName("bf16")]
    BF16,
    [JsonStringEnumMemberName("fp8")]
    Fp8,
    [JsonStringEnumMemberName("int8")]
    Int8,
    [JsonStringEnumMemberName("int4")]
    Int4,
    [JsonStringEnumMemberName("q8_0")]
    Q8_0,
    [JsonStringEnumMemberName("q4_0")]
    Q4_0,
}
