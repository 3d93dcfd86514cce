using Puzzle.Core.Variants;

namespace Puzzle.Core.Runs;

/// <summary>Rough costs of stages, for plans and for the check of the disk; measured speeds replace them once a stage has run.</summary>
public static class StageCost
{
    // What two ordinary cores do in float32 on matrix products of real sizes, operator overhead included.
    private const double FlopsPerCore = 5e10;

    /// <summary>Time to run some tokens through the parent so many times.</summary>
    public static TimeSpan Seconds(RunContext run, double tokens, double passes)
    {
        var flops = 2.0 * VariantCatalogue.Parameters(run.Parent.Config) * tokens * passes;
        return TimeSpan.FromSeconds(Math.Min(1 + flops / (FlopsPerCore * Environment.ProcessorCount), 1e9));
    }

    /// <summary>The parent in float32.</summary>
    public static long ModelBytes(RunContext run) => VariantCatalogue.Parameters(run.Parent.Config) * sizeof(float);
}
