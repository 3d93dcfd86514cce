using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Measurement;

/// <summary>The decoder of this library itself, in libtorch operations: for models on an accelerator, and to compare with.</summary>
public sealed class TorchCostEngine : ICostEngine
{
    /// <inheritdoc/>
    public MeasureEngine Engine => MeasureEngine.Torch;

    /// <inheritdoc/>
    public string Name => "torch";

    /// <inheritdoc/>
    public string? Unavailable => null;

    /// <inheritdoc/>
    public string Hardware(MeasureSection settings) => $"{RunEnvironment.Processor()}, {TorchSharp.torch.get_num_threads()} threads";

    /// <inheritdoc/>
    public void Measure(Transformer parent, IReadOnlyList<SubblockSpec> specs, IReadOnlyList<Workload> workloads, MeasureSection settings, Action<WorkloadCosts> measured, CancellationToken cancellation)
    {
        foreach (var workload in workloads)
            measured(BlockTimer.Measure(parent, specs, workload, settings.Repeats, cancellation));
    }

    /// <inheritdoc/>
    public ITimedModel Load(Transformer model, MeasureSection settings) => new Timed(model);

    private sealed class Timed(Transformer model) : ITimedModel
    {
        public GenerationTime Time(Workload workload) => GenerationTimer.Run(model, workload);

        // The model is the caller's.
        public void Dispose()
        {
        }
    }
}
