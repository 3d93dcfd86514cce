using static TorchSharp.torch;

namespace Puzzle.Core.Variants;

/// <summary>
/// Gives a layer's weights by their name relative to the layer: one tensor, or several stacked along their first
/// dimension, each checked against the shape that the architecture demands.
/// </summary>
/// <param name="names">Relative names, stacked in this order.</param>
/// <param name="rows">First dimension of each.</param>
/// <param name="columns">Second dimension, or null for a vector.</param>
public delegate Tensor WeightReader(IReadOnlyList<string> names, IReadOnlyList<long> rows, long? columns);
