namespace Puzzle.Core.Initialisation;

/// <summary>The same second moments over the windows to fit and over the held-out ones.</summary>
/// <param name="Fit">To solve with.</param>
/// <param name="Held">To judge by; the same object where nothing is held out.</param>
public sealed record GramPair(GramMatrices Fit, GramMatrices Held) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Fit.Dispose();
        Held.Dispose();
    }
}
