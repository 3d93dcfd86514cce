namespace Puzzle.Core.Checkpoints;

/// <summary>How many bytes tensors take as stored.</summary>
internal static class TensorBytes
{
    public static long Of(TensorInfo tensor) => Widening.SizeOf(tensor.Type) is { } size
        ? tensor.Count * size
        : GgufType.Find(tensor.Type) is { } layout ? tensor.Count / layout.BlockSize * layout.Bytes : throw new ArgumentException($"{tensor.Type} has no layout");
}
