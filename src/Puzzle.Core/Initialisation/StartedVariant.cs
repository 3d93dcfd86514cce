using Puzzle.Core.Variants;

namespace Puzzle.Core.Initialisation;

/// <summary>A variant with weights, and how it came to them.</summary>
/// <param name="Layer">Which layer it is for.</param>
/// <param name="Subblock">The module.</param>
/// <param name="Start">Name of the start that was taken.</param>
/// <param name="Errors">Held-out normalised MSE of every start that was tried, by name.</param>
public sealed record StartedVariant(int Layer, Subblock Subblock, string Start, IReadOnlyDictionary<string, double> Errors)
{
    /// <summary>Held-out normalised MSE of the start that was taken.</summary>
    public double Error => Errors.TryGetValue(Start, out var error) ? error : 1;
}
