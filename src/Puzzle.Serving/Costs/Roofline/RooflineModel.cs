using Puzzle.Core.Errors;
using Puzzle.Core.Measurement;
using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Variants;

namespace Puzzle.Serving.Costs.Roofline;

// B sequences, T tokens of a prompt, R rows of a pass

/// <summary>
/// Times by arithmetic: an operation takes as long as its arithmetic or its memory traffic takes, whichever is longer, and
/// what starting it takes. Matrices are split over the devices, with a sum over devices behind each subblock.
/// </summary>
/// <param name="profile">The device.</param>
/// <param name="config">Sizes.</param>
/// <param name="memory">How weights, keys and values are stored.</param>
/// <param name="devices">How many share each layer.</param>
public sealed class RooflineModel(HardwareProfile profile, ModelConfig config, MemoryModel memory, int devices)
{
    private const double Giga = 1e9;
    private const double Tera = 1e12;
    private const double MsPerSecond = 1e3;

    // Norm, queries with keys and values, attention, output; norm, gate with up, their product, down; norm, matrix.
    private const int AttentionOperations = 4;
    private const int FeedForwardOperations = 4;
    private const int LinearOperations = 2;

    // What is narrower than half precision is only stored so, unless the device multiplies that type itself.
    private static readonly ServedType[] Fallbacks = [ServedType.BF16, ServedType.F16, ServedType.F32];

    private readonly PeakRate _peak = PeakOf(profile, memory.Weights);
    private readonly PeakRate _attentionPeak = PeakOf(profile, memory.Weights == ServedType.F32 ? ServedType.F32 : ServedType.BF16);

    /// <summary>The time of a subblock.</summary>
    public SubblockCost Of(SubblockSpec spec, Workload workload) => spec is NoOpAttentionSpec or NoOpFeedForwardSpec ? SubblockCost.Zero : new(
        Pass(spec, workload.Batch, workload.PromptTokens, 0),
        Pass(spec, workload.Batch, 1, workload.PromptTokens),
        Pass(spec, workload.Batch, 1, workload.PromptTokens + Math.Max(0, workload.OutputTokens - 1)));

    /// <summary>Head, choice of the token and whatever a step takes besides. The rows that are embedded are few.</summary>
    public SubblockCost Fixed(Workload workload)
    {
        var step = MsPerSecond * Product((double)config.VocabSize * config.HiddenSize, workload.Batch, 2) + profile.StepUs / MsPerSecond;
        return new(step, step, step);
    }

    // Milliseconds of a pass of new tokens for each sequence, behind cached ones.
    private double Pass(SubblockSpec spec, int batch, int tokens, int cached)
    {
        var rows = (double)batch * tokens;
        var parameters = (double)VariantCatalogue.Of(spec).Parameters(spec, config);
        return MsPerSecond * (SumOverDevices(rows) + spec switch
        {
            GroupedQuerySpec attention => Product(parameters, rows, AttentionOperations) + Attention(attention, batch, tokens, cached),
            SwiGluSpec => Product(parameters, rows, FeedForwardOperations),
            _ => Product(parameters, rows, LinearOperations),
        });
    }

    private double Product(double parameters, double rows, int operations) => Math.Max(
        2 * parameters * rows / devices / (_peak.Tflops * Tera * Efficiency(rows)),
        parameters / devices * MemoryModel.BytesOf(memory.Weights) / (profile.BandwidthGbS * Giga * profile.WeightBandwidthEfficiency)) + Starts(operations);

    // Heads of keys and values that the devices outnumber are kept several times.
    private double Attention(GroupedQuerySpec spec, int batch, int tokens, int cached)
    {
        double Seen(int position) => spec.Window is { } window ? Math.Min(position, window + spec.Sinks) : position;
        var heads = Math.Ceiling((double)spec.KvHeads / devices);
        var bytes = 2 * heads * config.HeadDim * Seen(cached + tokens) * batch * MemoryModel.BytesOf(memory.Cache);
        var pairs = tokens == 1 ? Seen(cached + 1) : tokens * (Seen(cached + 1) + Seen(cached + tokens)) / 2;
        var arithmetic = 4 * pairs * batch * config.Heads * config.HeadDim / devices;
        return Math.Max(
            tokens == 1 ? 0 : arithmetic / (_attentionPeak.Tflops * Tera * profile.PrefillAttentionEfficiency),
            bytes / (profile.BandwidthGbS * Giga * profile.CacheBandwidthEfficiency));
    }

    // A ring: every device sends and takes the activations twice, but for its own share.
    private double SumOverDevices(double rows)
    {
        if (devices == 1)
            return 0;
        var link = profile.Interconnect!;
        var bytes = rows * config.HiddenSize * (memory.Weights == ServedType.F32 ? 4 : 2);
        return 2.0 * (devices - 1) / devices * bytes / (link.BandwidthGbS * Giga * link.Efficiency) + link.LatencyUs * 1e-6;
    }

    private double Starts(int operations) => operations * profile.OperationUs * 1e-6;

    private double Efficiency(double rows)
    {
        var points = profile.MatrixEfficiency;
        if (rows <= points[0].Rows)
            return points[0].Share;
        for (var i = 1; i < points.Count; i++)
        {
            if (rows <= points[i].Rows)
                return points[i - 1].Share + (points[i].Share - points[i - 1].Share) * Math.Log(rows / points[i - 1].Rows) / Math.Log((double)points[i].Rows / points[i - 1].Rows);
        }

        return points[^1].Share;
    }

    private static PeakRate PeakOf(HardwareProfile profile, ServedType type) =>
        Fallbacks.Prepend(type).Select(candidate => profile.Peaks.FirstOrDefault(peak => peak.Type == candidate)).FirstOrDefault(peak => peak is not null)
        ?? throw new RecipeException($"{profile.Name}: the profile has no peak for {type}, nor for bf16, f16 or f32");
}
