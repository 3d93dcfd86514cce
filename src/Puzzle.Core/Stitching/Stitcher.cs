using Puzzle.Core.Models;
using Puzzle.Core.Variants;
using Puzzle.Core.Variants.NoOp;

namespace Puzzle.Core.Stitching;

/// <summary>Assembles a child from the parent and the library's subblocks.</summary>
public static class Stitcher
{
    /// <summary>The child of a solution: the parent's own subblocks where the solution keeps them, else the library's; weights of its own.</summary>
    /// <param name="parent">Gives embedding, final norm, head and the subblocks that stay.</param>
    /// <param name="layers">What each layer becomes.</param>
    /// <param name="library">Gives the subblock of a layer and spec; asked only for those that have weights and are not the parent's.</param>
    public static Transformer Stitch(Transformer parent, IReadOnlyList<LayerSpec> layers, Func<int, SubblockSpec, Subblock> library)
    {
        if (layers.Count != parent.Blocks.Count)
            throw new ArgumentException($"the solution has {layers.Count} layers, the parent {parent.Blocks.Count}");
        var child = parent.Shallow();
        for (var layer = 0; layer < layers.Count; layer++)
        {
            foreach (var spec in new SubblockSpec[] { layers[layer].Attention, layers[layer].FeedForward })
            {
                if (spec != parent.Blocks[layer][spec.Subblock].Spec)
                    child.Replace(layer, spec is NoOpAttentionSpec or NoOpFeedForwardSpec ? new NoOpSubblock(spec.Subblock) : library(layer, spec));
            }
        }

        return child.Clone();
    }
}
