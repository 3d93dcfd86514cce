using Puzzle.Core.Errors;
using Puzzle.Core.Measurement;
using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;
using Puzzle.Core.Variants;

namespace Puzzle.Serving.Costs.Roofline;

/// <summary>Computes costs for hardware that is not at hand.</summary>
public sealed class RooflineCostEngine : ICostEngine
{
    /// <inheritdoc/>
    public MeasureEngine Engine => MeasureEngine.Roofline;

    /// <inheritdoc/>
    public string Name => "roofline";

    /// <inheritdoc/>
    public string? Unavailable => null;

    /// <inheritdoc/>
    public bool TimesModels => false;

    /// <inheritdoc/>
    public string Hardware(MeasureSection settings) =>
        $"{HardwareProfiles.Load(NameOf(settings)).Name}{(settings.TensorParallel > 1 ? $" x {settings.TensorParallel}" : "")}, computed from its profile";

    /// <inheritdoc/>
    public string Version(MeasureSection settings) => new ContentKey().Add("profile", HardwareProfiles.Text(NameOf(settings))).ToString();

    /// <inheritdoc/>
    public void Measure(Transformer parent, IReadOnlyList<SubblockSpec> specs, IReadOnlyList<Workload> workloads, MeasureSection settings, Action<WorkloadCosts> measured, CancellationToken cancellation)
    {
        foreach (var workload in workloads)
            measured(Compute(parent.Config, specs, workload, settings));
    }

    /// <summary>The costs of one workload.</summary>
    /// <exception cref="RecipeException">The profile cannot serve as the settings say.</exception>
    public static WorkloadCosts Compute(ModelConfig config, IEnumerable<SubblockSpec> specs, Workload workload, MeasureSection settings)
    {
        var profile = HardwareProfiles.Load(NameOf(settings));
        if (settings.TensorParallel > 1 && profile.Interconnect is null)
            throw new RecipeException($"measure.tensor_parallel: {profile.Name} has no interconnect in its profile; write 1");
        if (config.Heads % settings.TensorParallel != 0)
            throw new RecipeException($"measure.tensor_parallel: {settings.TensorParallel} devices do not divide {config.Heads} heads");
        var model = new RooflineModel(profile, config, new MemoryModel(settings.Weights, settings.Cache), settings.TensorParallel);
        return new WorkloadCosts(workload, model.Fixed(workload), specs.Where(spec => spec is not (NoOpAttentionSpec or NoOpFeedForwardSpec)).Distinct().ToDictionary(spec => spec.Id, spec => model.Of(spec, workload)));
    }

    /// <inheritdoc/>
    public ITimedModel? Load(Transformer model, MeasureSection settings) => null;

    private static string NameOf(MeasureSection settings) => settings.Hardware
        ?? throw new RecipeException($"measure.hardware: engine roofline needs a profile: {string.Join(", ", HardwareProfiles.Names)}, or a YAML file");
}
