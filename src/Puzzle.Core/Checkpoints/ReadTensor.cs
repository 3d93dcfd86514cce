namespace Puzzle.Core.Checkpoints;

/// <summary>Writes the tensor called <paramref name="name"/> as float32, row-major; <see cref="ICheckpoint.Read"/> is one.</summary>
public delegate void ReadTensor(string name, Span<float> destination);
