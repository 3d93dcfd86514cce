using Puzzle.Core.Models;

namespace Puzzle.Core.Checkpoints;

/// <summary>
/// A model on disk, memory-mapped: its architecture and its tensors under Hugging Face names, whatever the format.
/// A GGUF file answers with q and k rows back in Hugging Face order and quantised weights dequantised.
/// </summary>
public interface ICheckpoint : IDisposable
{
    /// <summary>The folder or file.</summary>
    string Path { get; }

    ModelConfig Config { get; }

    /// <summary>All tensors by name; aliases of <c>__metadata__</c> and tied heads are resolved by <see cref="Read"/>, not listed twice.</summary>
    IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <summary>Whether <see cref="Read"/> knows the name (aliases included).</summary>
    bool Has(string name);

    /// <summary>Writes the tensor as float32, row-major, into <paramref name="destination"/>, whose length is the tensor's count.</summary>
    /// <exception cref="Errors.BadInputException">No such tensor, a wrong size, or a value that is NaN or infinite.</exception>
    void Read(string name, Span<float> destination);

    /// <summary>A hash of all weights and of the architecture, for the keys of the run folder (hex, lower case).</summary>
    string ContentHash { get; }
}
