using Puzzle.Core.Errors;
using Puzzle.Core.Measurement;
using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;
using Puzzle.Core.Variants;
using Puzzle.Serving.Engine;
using Puzzle.Serving.Kernels;
using TorchSharp;

namespace Puzzle.Serving.Costs;

/// <summary>
/// Times subblocks and models on this tool's engine. Models on an accelerator are timed in libtorch operations, as they run there.
/// </summary>
public sealed class EngineCostEngine : ICostEngine
{
    private readonly TorchCostEngine _accelerator = new();

    /// <inheritdoc/>
    public MeasureEngine Engine => MeasureEngine.Torch;

    /// <inheritdoc/>
    public string Name => "torch";

    /// <inheritdoc/>
    public string? Unavailable => null;

    /// <inheritdoc/>
    public string Hardware(MeasureSection settings) => _accelerator.Hardware(settings);

    /// <inheritdoc/>
    public void Measure(Transformer parent, IReadOnlyList<SubblockSpec> specs, IReadOnlyList<Workload> workloads, MeasureSection settings, Action<WorkloadCosts> measured, CancellationToken cancellation)
    {
        if (parent.Device.type != DeviceType.CPU)
        {
            _accelerator.Measure(parent, specs, workloads, settings, measured, cancellation);
            return;
        }

        using var packed = CpuModel.Of(parent, TypeOf(settings));
        using var stopwatch = new SubblockStopwatch(packed, specs, settings, Options());
        foreach (var workload in workloads)
            measured(stopwatch.Measure(workload, cancellation));
    }

    /// <inheritdoc/>
    public ITimedModel? Load(Transformer model, MeasureSection settings) =>
        model.Device.type == DeviceType.CPU ? new TimedModel(CpuModel.Of(model, TypeOf(settings)), Options()) : _accelerator.Load(model, settings);

    private static EngineOptions Options() => new() { Threads = Math.Clamp(torch.get_num_threads(), 1, Environment.ProcessorCount) };

    private static WeightType TypeOf(MeasureSection settings) => settings.Weights switch
    {
        ServedType.F32 => WeightType.F32,
        ServedType.BF16 => WeightType.BF16,
        ServedType.Q8_0 => WeightType.Q8_0,
        ServedType.Q4_0 => WeightType.Q4_0,
        var other => throw new RecipeException($"measure.weights: this engine keeps weights as f32, bf16, q8_0 or q4_0, not as {other}; use engine llama_cpp or roofline"),
    };
}
