namespace Puzzle.Core.Checkpoints;

/// <summary>A tensor of a safetensors file: <paramref name="Length"/> bytes from <paramref name="Offset"/> of the file.</summary>
internal sealed record SafetensorsTensor(TensorInfo Info, long Offset, long Length);
