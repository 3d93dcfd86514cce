using Puzzle.Core.Runs;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Measurement;

/// <summary>
/// How far a run's predicted times were from what parent and child measured, for the next solve (<c>measure.calibrate</c>). The
/// child's factors correct all costs; the parent's own correct what relative limits count from.
/// </summary>
public sealed record Calibration
{
    /// <summary>The file in the run folder.</summary>
    public const string FileName = "calibration.json";

    // Factors nearer than this to those in use are noise: they would make every further run search anew.
    private const double Noise = 0.02;

    /// <summary>Which engine was timed.</summary>
    public required string Engine { get; init; }

    /// <summary>On what.</summary>
    public required string Hardware { get; init; }

    /// <summary>The parent's factors.</summary>
    public required PhaseFactors Parent { get; init; }

    /// <summary>The child's.</summary>
    public required PhaseFactors Child { get; init; }

    /// <summary>What a run folder holds; null where no child of it was timed yet.</summary>
    public static Calibration? Find(RunFolder folder) => AtomicFile.TryReadJson<Calibration>(Path.Combine(folder.Path, FileName));

    /// <summary>Fits the factors: the geometric mean over scenarios of measured over predicted.</summary>
    /// <param name="costs">As measured, uncorrected.</param>
    /// <param name="speeds">Parent and child timed; those of another engine or other hardware than the costs' do not count.</param>
    /// <returns>Null where nothing can be compared.</returns>
    public static Calibration? Fit(CostTable costs, IEnumerable<SpeedComparison> speeds, IReadOnlyList<LayerSpec> parent, IReadOnlyList<LayerSpec> child)
    {
        var comparable = speeds.Where(speed => speed.Engine == costs.Engine && speed.Hardware == costs.Hardware).ToArray();
        return Factors(costs, parent, comparable.Select(speed => speed.Parent)) is { } ofParent && Factors(costs, child, comparable.Select(speed => speed.Child)) is { } ofChild
            ? new Calibration { Engine = costs.Engine, Hardware = costs.Hardware, Parent = ofParent, Child = ofChild }
            : null;
    }

    /// <summary>This, or what is there already where the two hardly differ.</summary>
    public Calibration Over(Calibration? before) =>
        before is not null && before.Engine == Engine && before.Hardware == Hardware && Parent.IsNear(before.Parent, Noise) && Child.IsNear(before.Child, Noise) ? before : this;

    private static PhaseFactors? Factors(CostTable costs, IReadOnlyList<LayerSpec> layers, IEnumerable<GenerationTime> times)
    {
        var ratios = new List<(double Prefill, double? Decode)>();
        foreach (var time in times)
        {
            var predicted = costs.Of(time.Workload).Of(layers);
            if (predicted.PrefillMs > 0 && time.FirstTokenMs > 0)
                ratios.Add((time.FirstTokenMs / predicted.PrefillMs, time.Workload.OutputTokens > 1 && predicted.DecodeMs > 0 ? time.PerTokenMs / predicted.DecodeMs : null));
        }

        if (ratios.Count == 0)
            return null;
        double Mean(IEnumerable<double> values) => Math.Exp(values.Select(value => Math.Log(value)).DefaultIfEmpty(0).Average());
        return new PhaseFactors(Mean(ratios.Select(ratio => ratio.Prefill)), Mean(ratios.Select(ratio => ratio.Decode).OfType<double>().Where(value => value > 0)));
    }
}
