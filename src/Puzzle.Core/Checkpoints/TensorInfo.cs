namespace Puzzle.Core.Checkpoints;

/// <summary>A tensor of a checkpoint.</summary>
/// <param name="Name">Hugging Face name, for example <c>model.layers.0.self_attn.q_proj.weight</c>.</param>
/// <param name="Type">How its numbers are stored.</param>
/// <param name="Shape">Slowest dimension first, as in PyTorch.</param>
public sealed record TensorInfo(string Name, StoredType Type, IReadOnlyList<long> Shape)
{
    /// <summary>How many numbers it holds.</summary>
    public long Count => Shape.Aggregate(1L, (product, size) => checked(product * size));
}
