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

    /// <summary>Whether it times whole models; one that only computes costs does not.</summary>
    bool TimesModels => true;

    /// <summary>Why it cannot run an architecture; null where it can.</summary>
    string? Problem(ModelConfig config) => null;

    /// <summary>Processor or accelerator, and threads: what the times hold for.</summary>
    string Hardware(MeasureSection settings);

    /// <summary>What else its times depend on: the version of a library, the content of a profile.</summary>
    string Version(MeasureSection settings) => "";

    /// <summary>Times distinct subblocks under workloads; the fixed cost apart.</summary>
    /// <param name="parent">Gives sizes, embedding and head.</param>
    /// <param name="specs">Distinct subblocks; no-ops are passed over where they cost nothing.</param>
    /// <param name="workloads">What is served.</param>
    /// <param name="settings">Repeats, warm-up, copies.</param>
    /// <param name="measured">Given the costs of each workload as soon as they are known, in the order given.</param>
    /// <param name="cancellation">Stops between rounds.</param>
    void Measure(Transformer parent, IReadOnlyList<SubblockSpec> specs, IReadOnlyList<Workload> workloads, MeasureSection settings, Action<WorkloadCosts> measured, CancellationToken cancellation);

    /// <summary>Loads a model to be timed; null where the engine only computes costs.</summary>
    ITimedModel? Load(Transformer model, MeasureSection settings);
}
