using Puzzle.Core.Variants;
using Puzzle.Serving.Kernels;

namespace Puzzle.Serving.Engine;

/// <summary>The attention of one layer as the engine keeps it; a no-op has no matrices.</summary>
/// <param name="Spec">What it is.</param>
/// <param name="Norm">The input norm's weight.</param>
/// <param name="Input">q, k and v rows, or the matrix of a linear attention.</param>
/// <param name="Output">The output projection; null for a linear attention.</param>
/// <param name="QueryNorm">Per head, or null.</param>
/// <param name="KeyNorm">Per head, or null.</param>
internal sealed record PackedAttention(AttentionSpec Spec, NativeBuffer? Norm = null, PackedMatrix? Input = null, PackedMatrix? Output = null, NativeBuffer? QueryNorm = null, NativeBuffer? KeyNorm = null) : IDisposable
{
    public long Bytes => (Norm?.Bytes ?? 0) + (Input?.Bytes ?? 0) + (Output?.Bytes ?? 0) + (QueryNorm?.Bytes ?? 0) + (KeyNorm?.Bytes ?? 0);

    /// <inheritdoc/>
    public void Dispose()
    {
        Norm?.Dispose();
        Input?.Dispose();
        Output?.Dispose();
        QueryNorm?.Dispose();
        KeyNorm?.Dispose();
    }
}
