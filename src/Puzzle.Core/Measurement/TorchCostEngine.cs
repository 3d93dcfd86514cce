using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Measurement;

/// <summary>The decoder of this library itself, in libtorch operations.</summary>
public sealed class TorchCostEngine : ICostEngine
{
    /// <inheritdoc/>
    public MeasureEngine Engine => MeasureEngine.Torch;

    /// <inheritdoc/>
    public string Name => "torch";

    /// <inheritdoc/>
    public string? Unavailable => null;

    /// <inheritdoc/>
    public WorkloadCosts Measure(Transformer parent, IReadOnlyList<SubblockSpec> specs, Workload workload, MeasureSection settings, CancellationToken cancellation) =>
        BlockTimer.Measure(parent, specs, workload, settings.Repeats, cancellation);

    /// <inheritdoc/>
    public IReadOnlyList<GenerationTime> TimeModels(IReadOnlyList<Transformer> models, Workload workload, int rounds, CancellationToken cancellation) =>
        GenerationTimer.Interleaved(models, workload, rounds);
}
