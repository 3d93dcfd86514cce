using Puzzle.Core.Models;
using Puzzle.Core.Variants;
using static TorchSharp.torch;

namespace Puzzle.Core.Initialisation;

/// <summary>
/// Gives every variant of a layer its first weights from the parent's (paper appendix A and beyond), without training:
/// one pass over the parent, a layer's statistics in memory at a time.
/// </summary>
public static class Initialiser
{
    /// <summary>The value of 'start' that tries all that apply and takes the one with the lowest held-out error.</summary>
    public const string Best = "best";

    /// <summary>Starts all variants of the layer at which the activations stand.</summary>
    /// <param name="parent">The parent.</param>
    /// <param name="activations">Calibration windows, standing at the layer.</param>
    /// <param name="specs">Variants of both subblocks; the parent's own and no-ops need no weights and are passed over.</param>
    /// <param name="start"><c>best</c>, or <c>paper</c> for the first start of each variant, or the name of one.</param>
    /// <param name="perToken">Whether tokens count by their own relative error.</param>
    public static IEnumerable<StartedVariant> Start(Transformer parent, ParentActivations activations, IReadOnlyList<SubblockSpec> specs, string start = Best, bool perToken = true)
    {
        foreach (var kind in Enum.GetValues<SubblockKind>())
        {
            var (input, output) = kind == SubblockKind.Attention
                ? (activations.Input_WTD, activations.AfterAttention_WTD)
                : (activations.AfterAttention_WTD, activations.Output_WTD);
            using var noGrad = no_grad();
            using var target = output - input;
            using var statistics = new SubblockStatistics(kind, parent.Config, activations.Context, activations.Layer, input, target, perToken);
            var own = parent.Blocks[activations.Layer][kind];
            foreach (var spec in specs.Where(spec => spec.Subblock == kind && spec != own.Spec))
            {
                if (StartOne(spec, own, statistics, start) is { } started)
                    yield return started;
            }
        }
    }

    private static StartedVariant? StartOne(SubblockSpec spec, Subblock own, SubblockStatistics statistics, string start)
    {
        var starts = VariantCatalogue.Of(spec).Starts.Where(candidate => candidate.Applies(spec, own)).ToArray();
        var tried = start switch
        {
            Best => starts,
            "paper" => starts.Take(1),
            _ => starts.Where(candidate => candidate.Name == start).DefaultIfEmpty(starts.FirstOrDefault()!).Where(candidate => candidate is not null),
        };
        var errors = new Dictionary<string, double>();
        Subblock? best = null;
        var name = "";
        foreach (var candidate in tried)
        {
            var subblock = candidate.Start(spec, own, statistics);
            errors[candidate.Name] = statistics.HeldOutError(subblock);
            // The plain start comes first and stays unless another is better on windows that neither was fitted on.
            if (best is not null && errors[candidate.Name] >= errors[name])
            {
                subblock.Dispose();
                continue;
            }

            best?.Dispose();
            (best, name) = (subblock, candidate.Name);
        }

        return best is null ? null : new StartedVariant(statistics.Layer, best, name, errors);
    }
}
