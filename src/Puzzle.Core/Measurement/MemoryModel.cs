using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Measurement;

/// <summary>Memory of a served model in bytes: weights (a tied head once), keys and values with the real head size and window, and workspace.</summary>
/// <param name="Weights">How weights are stored.</param>
/// <param name="Cache">How keys and values are stored.</param>
public sealed record MemoryModel(ServedType Weights = ServedType.F32, ServedType Cache = ServedType.F32)
{
    // Rows of a prompt that go through the layers at once.
    private const int PrefillChunk = 512;

    /// <summary>Bytes of one number.</summary>
    public static double BytesOf(ServedType type) => type switch
    {
        ServedType.F32 => 4,
        ServedType.F16 or ServedType.BF16 => 2,
        ServedType.Fp8 or ServedType.Int8 => 1,
        ServedType.Int4 => 0.5,
        // Blocks of 32 numbers with a half-precision scale.
        ServedType.Q8_0 => 34.0 / 32,
        _ => 18.0 / 32,
    };

    /// <summary>Weights of one subblock.</summary>
    public double WeightBytes(SubblockSpec spec, ModelConfig config) => VariantCatalogue.Of(spec).Parameters(spec, config) * BytesOf(Weights);

    /// <summary>Keys and values of one subblock for a whole batch at the end of its output.</summary>
    public double KvBytes(SubblockSpec spec, ModelConfig config, Workload workload) =>
        workload.Batch * VariantCatalogue.Of(spec).KvElements(spec, config, workload.PromptTokens + workload.OutputTokens) * BytesOf(Cache);

    /// <summary>Embedding, final norm and head. Where blocks have four bits, engines keep these in eight.</summary>
    public double OtherWeightBytes(ModelConfig config) => (VariantCatalogue.Parameters(config) - VariantCatalogue.BlockParameters(config)) * BytesOf(Weights == ServedType.Q4_0 ? ServedType.Q8_0 : Weights);

    /// <summary>Activations of the largest pass and the logits of one step, float32.</summary>
    public static double WorkspaceBytes(ModelConfig config, Workload workload)
    {
        var rows = Math.Max(workload.Batch, Math.Min((long)workload.Batch * workload.PromptTokens, PrefillChunk));
        var widest = config.Layers.Max(layer => (layer.FeedForward as SwiGluSpec)?.IntermediateSize ?? 0);
        var attention = (config.Heads + 2L * config.MaxKvHeads) * config.HeadDim;
        return sizeof(float) * (rows * (3.0 * config.HiddenSize + Math.Max(2L * widest, attention)) + (double)workload.Batch * config.VocabSize);
    }

    /// <summary>All of a model's weights.</summary>
    public double AllWeightBytes(ModelConfig config) => VariantCatalogue.BlockParameters(config) * BytesOf(Weights) + OtherWeightBytes(config);

    /// <summary>All of a model's keys and values.</summary>
    public double AllKvBytes(ModelConfig config, Workload workload) => config.Layers.Sum(layer => KvBytes(layer.Attention, config, workload));
}
