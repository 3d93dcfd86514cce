using System.ComponentModel.DataAnnotations;
using Puzzle.Core.Models;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Recipes;

/// <summary>What may stand in for a subblock. The parent's own subblock is always among the choices.</summary>
public sealed record VariantsSection
{
    /// <summary>Attention: gqa_K, window_N, gqa_K_window_N_sinks_S, linear, no_op. Default: every divisor of the parent's key-value heads, linear, no_op.</summary>
    public IReadOnlyList<AttentionChoice>? Attention { get; init; }

    /// <summary>Feed-forward: shares of the parent's width, widths, linear, no_op.</summary>
    public IReadOnlyList<FeedForwardChoice> Ffn { get; init; } =
        [new("87.5%"), new("75%"), new("50%"), new("25%"), new("linear"), new("no_op")];

    /// <summary>Widths given as a share are rounded to a multiple of this. Default: 256 for parents at least 4,096 wide, else 64, 32 or 16 by size; an export target may ask for more.</summary>
    [Range(1, 65_536)]
    public int? WidthMultiple { get; init; }

    /// <summary>Layers (from 0) that stay as the parent has them.</summary>
    [Range(0, 65_535)]
    public IReadOnlyList<int> PinnedLayers { get; init; } = [];

    /// <summary>The attention variants for a layer of the parent, the parent's own first, without repeats.</summary>
    /// <exception cref="Errors.RecipeException">A variant does not fit the parent.</exception>
    public IReadOnlyList<AttentionSpec> AttentionFor(ModelConfig parent, int layer)
    {
        var own = parent.Layers[layer].Attention;
        if (own is NoOpAttentionSpec || PinnedLayers.Contains(layer))
            return [own];
        var words = Attention?.Select(choice => choice.Word) ??
            [.. Enumerable.Range(1, parent.MaxKvHeads).Where(k => parent.MaxKvHeads % k == 0).Reverse().Select(k => $"gqa_{k}"), "linear", "no_op"];
        var specs = VariantCatalogue.Parse(SubblockKind.Attention, words, parent, 1).Cast<AttentionSpec>();
        return [.. specs.Where(spec => Fits(spec, own)).Prepend(own).Distinct()];
    }

    /// <summary>The feed-forward variants for a layer of the parent, the parent's own first, without repeats.</summary>
    /// <param name="atLeast">A multiple of widths that the export target asks for.</param>
    /// <exception cref="Errors.RecipeException">A variant does not fit the parent.</exception>
    public IReadOnlyList<FeedForwardSpec> FeedForwardFor(ModelConfig parent, int layer, int atLeast = 1)
    {
        var own = parent.Layers[layer].FeedForward;
        if (own is NoOpFeedForwardSpec || PinnedLayers.Contains(layer))
            return [own];
        var multiple = Math.Max(atLeast, MultipleOf(parent));
        var specs = VariantCatalogue.Parse(SubblockKind.FeedForward, Ffn.Select(choice => choice.Word), parent, multiple).Cast<FeedForwardSpec>();
        return [.. specs.Where(spec => Fits(spec, own)).Prepend(own).Distinct()];
    }

    /// <summary>What widths given as a share are rounded to a multiple of.</summary>
    public int MultipleOf(ModelConfig parent) => WidthMultiple ?? MultipleFor(parent.Layers.Max(l => (l.FeedForward as SwiGluSpec)?.IntermediateSize ?? 0));

    // A layer of an already compressed parent can only get smaller.
    private static bool Fits(SubblockSpec spec, SubblockSpec own) => (spec, own) switch
    {
        (GroupedQuerySpec wanted, GroupedQuerySpec has) => has.KvHeads % wanted.KvHeads == 0,
        (SwiGluSpec wanted, SwiGluSpec has) => wanted.IntermediateSize < has.IntermediateSize,
        (GroupedQuerySpec or SwiGluSpec, _) => false,
        _ => true,
    };

    private static int MultipleFor(int width) => width switch { >= 4096 => 256, >= 1024 => 64, >= 512 => 32, _ => 16 };
}
