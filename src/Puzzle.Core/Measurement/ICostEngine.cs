using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Measurement;

/// <summary>An engine whose variants and models can be timed. Core declares what it needs; the engines live with what serves.</summary>
public interface ICostEngine
{
    /// <summary>As recipes name it.</summary>
    MeasureEngine Engine { get; }

    /// <summary>As reports name it.</summary>
    string Name { get; }

    /// <summary>Why it cannot be used here; null where it can.</summary>
    string? Unavailable { get; }

    /// <summary>Times distinct subblocks under a workload; the fixed cost apart.</summary>
    WorkloadCosts Measure(Transformer parent, IReadOnlyList<SubblockSpec> specs, Workload workload, MeasureSection settings, CancellationToken cancellation);

    /// <summary>Times whole models end to end, in turns so that drift hits all alike; medians of the rounds.</summary>
    IReadOnlyList<GenerationTime> TimeModels(IReadOnlyList<Transformer> models, Workload workload, int rounds, CancellationToken cancellation);
}
