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

    /// <summary>The value of 'start' that takes each variant's first, which is the paper's.</summary>
    public const string Paper = "paper";

    /// <summary>Starts all variants of the layer at which the activations stand.</summary>
    /// <param name="parent">The parent.</param>
    /// <param name="activations">Calibration windows, standing at the layer.</param>
    /// <param name="specs">Variants of both subblocks; the parent's own and no-ops need no weights and are passed over.</param>
    /// <param name="start"><see cref="Best"/>, <see cref="Paper"/>, or the name of one; where that does not apply, the variant's first.</param>
    /// <param name="perToken">Whether tokens count by their own relative error.</param>
    /// <param name="heldOut">The share of windows that chooses ridge strengths and between starts.</param>
    public static IEnumerable<StartedVariant> Start(Transformer parent, ParentActivations activations, IReadOnlyList<SubblockSpec> specs, string start = Best, bool perToken = false, double heldOut = 0.25) =>
        Each(parent, activations, specs, perToken, heldOut, (spec, own, statistics) => StartOne(spec, own, statistics, start));

    /// <summary>Every start of every variant, not only the best: for comparisons. The paper's comes first.</summary>
    public static IEnumerable<StartedVariant> All(Transformer parent, ParentActivations activations, IReadOnlyList<SubblockSpec> specs, bool perToken = false, double heldOut = 0.25) =>
        Each(parent, activations, specs, perToken, heldOut, (spec, own, statistics) => Applying(spec, own).Select(start =>
        {
            var (subblock, error) = start.Start(spec, own, statistics);
            return new StartedVariant(statistics.Layer, subblock, start.Name, new Dictionary<string, double> { [start.Name] = error ?? statistics.HeldOutError(subblock) });
        }));

    private static IEnumerable<StartedVariant> Each(Transformer parent, ParentActivations activations, IReadOnlyList<SubblockSpec> specs, bool perToken, double heldOut, Func<SubblockSpec, Subblock, SubblockStatistics, IEnumerable<StartedVariant>> start)
    {
        foreach (var kind in Enum.GetValues<SubblockKind>())
        {
            var own = parent.Blocks[activations.Layer][kind];
            var wanted = specs.Where(spec => spec.Subblock == kind && spec != own.Spec && Applying(spec, own).Length > 0).ToArray();
            if (wanted.Length == 0)
                continue;
            using var statistics = new SubblockStatistics(kind, parent.Config, activations, perToken, heldOut);
            foreach (var started in wanted.SelectMany(spec => start(spec, own, statistics)))
                yield return started;
        }
    }

    private static IStart[] Applying(SubblockSpec spec, Subblock own) => [.. VariantCatalogue.Of(spec).Starts.Where(candidate => candidate.Applies(spec, own))];

    private static IEnumerable<StartedVariant> StartOne(SubblockSpec spec, Subblock own, SubblockStatistics statistics, string start)
    {
        var starts = Applying(spec, own);
        var tried = start switch
        {
            Best => starts,
            Paper => [starts[0]],
            _ => [Array.Find(starts, candidate => candidate.Name == start) ?? starts[0]],
        };
        var errors = new Dictionary<string, double>();
        Subblock? best = null;
        var name = "";
        foreach (var candidate in tried)
        {
            var (subblock, error) = candidate.Start(spec, own, statistics);
            errors[candidate.Name] = error ?? statistics.HeldOutError(subblock);
            // The plain start comes first and stays unless another is better on windows that neither was fitted on.
            if (best is not null && !(errors[candidate.Name] < errors[name]))
            {
                subblock.Dispose();
                continue;
            }

            best?.Dispose();
            (best, name) = (subblock, candidate.Name);
        }

        yield return new StartedVariant(statistics.Layer, best!, name, errors);
    }
}
