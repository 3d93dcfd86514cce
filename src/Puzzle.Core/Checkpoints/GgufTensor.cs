namespace Puzzle.Core.Checkpoints;

/// <summary>A tensor of a GGUF file: <paramref name="Length"/> bytes from <paramref name="Offset"/> of the file.</summary>
internal sealed record GgufTensor(TensorInfo Info, GgufType Layout, long Offset, long Length);
