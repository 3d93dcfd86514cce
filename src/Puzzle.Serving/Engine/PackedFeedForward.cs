using Puzzle.Core.Variants;
using Puzzle.Serving.Kernels;

namespace Puzzle.Serving.Engine;

/// <summary>The feed-forward network of one layer as the engine keeps it; a no-op has no matrices.</summary>
/// <param name="Spec">What it is.</param>
/// <param name="Norm">The norm's weight.</param>
/// <param name="Input">Gate and up in turns, or the matrix of a linear network.</param>
/// <param name="Output">Down; null for a linear network.</param>
internal sealed record PackedFeedForward(FeedForwardSpec Spec, NativeBuffer? Norm = null, PackedMatrix? Input = null, PackedMatrix? Output = null) : IDisposable
{
    public long Bytes => (Norm?.Bytes ?? 0) + (Input?.Bytes ?? 0) + (Output?.Bytes ?? 0);

    /// <inheritdoc/>
    public void Dispose()
    {
        Norm?.Dispose();
        Input?.Dispose();
        Output?.Dispose();
    }
}
