using Puzzle.Core.Checkpoints;
using Puzzle.Core.Models;

namespace Puzzle.Serving.Costs.LlamaCpp;

/// <summary>A GGUF file that is gone when it is not needed any more. It has no vocabulary: nothing is said, only timed.</summary>
internal sealed class TemporaryGguf : IDisposable
{
    /// <param name="config">The architecture.</param>
    /// <param name="read">Gives the weights.</param>
    /// <param name="type">How matrices are stored.</param>
    /// <param name="standInWidth">Width of the network that stands in where llama.cpp cannot do without one.</param>
    /// <exception cref="Puzzle.Core.Errors.RecipeException">llama.cpp cannot run this architecture.</exception>
    public TemporaryGguf(ModelConfig config, ReadTensor read, StoredType type, int? standInWidth = null)
    {
        var options = new GgufExportOptions { Type = type };
        GgufExport.Write(Path, config, read, standInWidth is { } width ? options with { StandInWidth = width } : options);
    }

    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"puzzle-{Guid.NewGuid():N}.gguf");

    /// <inheritdoc/>
    public void Dispose() => File.Delete(Path);
}
