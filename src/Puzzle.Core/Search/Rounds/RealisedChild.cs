using Puzzle.Core.Models;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Search.Rounds;

/// <summary>A solution as a model: the parent with subblocks of the library in their places. Disposing it frees those.</summary>
public sealed class RealisedChild : IDisposable
{
    private readonly List<Subblock> _owned = [];

    /// <param name="parent">Gives everything that the solution keeps; shared, not copied.</param>
    /// <param name="layers">What every layer becomes.</param>
    /// <param name="read">Reads a subblock of the library.</param>
    public RealisedChild(Transformer parent, IReadOnlyList<LayerSpec> layers, Func<int, SubblockSpec, Subblock> read)
    {
        Layers = layers;
        Model = parent.Shallow();
        for (var layer = 0; layer < layers.Count; layer++)
        {
            foreach (var spec in (SubblockSpec[])[layers[layer].Attention, layers[layer].FeedForward])
            {
                if (spec == parent.Blocks[layer][spec.Subblock].Spec)
                    continue;
                var subblock = read(layer, spec);
                _owned.Add(subblock);
                Model.Replace(layer, subblock);
            }
        }
    }

    /// <summary>What every layer is.</summary>
    public IReadOnlyList<LayerSpec> Layers { get; }

    /// <summary>The model.</summary>
    public Transformer Model { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var subblock in _owned)
            subblock.Dispose();
    }
}
