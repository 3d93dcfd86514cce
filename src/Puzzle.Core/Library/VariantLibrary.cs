using Puzzle.Core.Checkpoints;
using Puzzle.Core.Errors;
using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Search;
using Puzzle.Core.Variants;
using Puzzle.Core.Variants.NoOp;

namespace Puzzle.Core.Library;

/// <summary>
/// The library of a run: for every layer the variants that may stand in for the parent's subblocks. Weights are read when they are
/// asked for, from the newest stage that has them.
/// </summary>
/// <param name="parent">The parent's architecture.</param>
/// <param name="layers">What may stand in each layer, the parent's own first.</param>
/// <param name="files">The file of a layer.</param>
/// <param name="pairs">The file of a pair of a layer, which need not be there; null: subblocks are the same in all pairs.</param>
public sealed class VariantLibrary(ModelConfig parent, IReadOnlyList<LayerChoices> layers, Func<int, string> files, Func<int, LayerSpec, string>? pairs = null)
{
    /// <summary>What may stand in each layer.</summary>
    public IReadOnlyList<LayerChoices> Layers => layers;

    /// <summary>Reads a variant; the caller owns it. No-ops need no file.</summary>
    /// <exception cref="BadInputException">The library has no such variant there.</exception>
    public Subblock Read(int layer, SubblockSpec spec, TorchSharp.torch.Device? device = null)
    {
        if (spec is NoOpAttentionSpec or NoOpFeedForwardSpec)
            return new NoOpSubblock(spec.Subblock);
        using var file = SafetensorsFile.Open(files(layer));
        return LayerFile.Read(file, spec, parent, device);
    }

    /// <summary>Reads a variant as it is in a block: trained together with its partner where they were, else as it is for itself.</summary>
    /// <param name="layer">Which layer.</param>
    /// <param name="block">The block.</param>
    /// <param name="spec">Its attention or feed-forward network.</param>
    /// <param name="device">Where the weights go.</param>
    public Subblock Read(int layer, LayerSpec block, SubblockSpec spec, TorchSharp.torch.Device? device = null)
    {
        if (spec is NoOpAttentionSpec or NoOpFeedForwardSpec || pairs?.Invoke(layer, block) is not { } path || !File.Exists(path))
            return Read(layer, spec, device);
        using var file = SafetensorsFile.Open(path);
        return LayerFile.Read(file, spec, parent, device);
    }
}

/// <summary>What may stand in one layer.</summary>
/// <param name="Attention">The parent's own first.</param>
/// <param name="FeedForward">The parent's own first.</param>
public sealed record LayerChoices(IReadOnlyList<AttentionSpec> Attention, IReadOnlyList<FeedForwardSpec> FeedForward)
{
    /// <summary>All that need weights that the parent does not have.</summary>
    public IReadOnlyList<SubblockSpec> WithWeights =>
        [.. Attention.Skip(1).Where(spec => spec is not NoOpAttentionSpec), .. FeedForward.Skip(1).Where(spec => spec is not NoOpFeedForwardSpec)];

    /// <summary>All but the parent's own.</summary>
    public IReadOnlyList<SubblockSpec> Others => [.. Attention.Skip(1), .. FeedForward.Skip(1)];

    /// <summary>Of a recipe, for every layer of a parent: what no export target takes in any pair is left out before it is trained.</summary>
    /// <param name="recipe">Its sections <c>variants</c> and <c>export</c> count.</param>
    /// <param name="parent">The parent's architecture.</param>
    public static IReadOnlyList<LayerChoices> Of(Recipe recipe, ModelConfig parent)
    {
        ExportTargets.Check(recipe, parent);
        var rules = ExportTargets.Rules(recipe.Export);
        var multiple = ExportTargets.WidthMultiple(recipe.Export.Targets);
        return [.. Enumerable.Range(0, parent.Layers.Count).Select(layer =>
        {
            var attention = recipe.Variants.AttentionFor(parent, layer);
            var feedForward = recipe.Variants.FeedForwardFor(parent, layer, multiple);
            bool Taken(AttentionSpec a, FeedForwardSpec f) => rules.All(rule => rule.Refusal(new LayerSpec(a, f), layer, parent.Layers.Count) is null);
            return new LayerChoices(
                [.. attention.Where((a, i) => i == 0 || feedForward.Any(f => Taken(a, f)))],
                [.. feedForward.Where((f, i) => i == 0 || attention.Any(a => Taken(a, f)))]);
        })];
    }
}
