using Puzzle.Core.Library;
using Puzzle.Core.Recipes;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Distillation;

/// <summary>Which pairs of subblocks are worth a training together.</summary>
public static class PairChoice
{
    /// <summary>Every attention with every feed-forward network, neither of them the parent's: beside the parent's own a subblock was trained already.</summary>
    public static IReadOnlyList<LayerSpec>[] All(IReadOnlyList<LayerChoices> choices) =>
        [.. choices.Select(layer => Cross(layer, layer.Attention.Skip(1), layer.FeedForward.Skip(1)))];

    /// <summary>Shrinks the library to the subblocks that solutions use: of each layer, the ones that most of them have there, then those that they have most anywhere.</summary>
    /// <param name="choices">What may stand in each layer.</param>
    /// <param name="solutions">Architectures that the search found.</param>
    /// <param name="shrink">How many of each.</param>
    public static IReadOnlyList<LayerSpec>[] Used(IReadOnlyList<LayerChoices> choices, IReadOnlyList<IReadOnlyList<LayerSpec>> solutions, ShrinkSettings shrink)
    {
        var everywhere = solutions.SelectMany(solution => solution).SelectMany(layer => new SubblockSpec[] { layer.Attention, layer.FeedForward }).CountBy(spec => spec).ToDictionary();
        return [.. choices.Select((layer, i) => Cross(layer, Most(i, shrink.Attention, spec => spec.Attention), Most(i, shrink.Ffn, spec => spec.FeedForward)))];

        // The parent's own is one of them where solutions keep it.
        IEnumerable<T> Most<T>(int layer, int count, Func<LayerSpec, T> part)
            where T : SubblockSpec =>
            solutions.Select(solution => part(solution[layer])).CountBy(spec => spec)
                .OrderByDescending(used => used.Value).ThenByDescending(used => everywhere[used.Key]).ThenBy(used => used.Key.Id, StringComparer.Ordinal)
                .Take(count).Select(used => used.Key);
    }

    private static List<LayerSpec> Cross(LayerChoices layer, IEnumerable<AttentionSpec> attention, IEnumerable<FeedForwardSpec> feedForward) =>
        [.. attention.Where(spec => spec != layer.Attention[0]).SelectMany(a => feedForward.Where(spec => spec != layer.FeedForward[0]).Select(f => new LayerSpec(a, f)))
            .Where(pair => pair is not { Attention: NoOpAttentionSpec, FeedForward: NoOpFeedForwardSpec })];
}
