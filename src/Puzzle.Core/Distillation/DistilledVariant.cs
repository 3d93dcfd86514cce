using Puzzle.Core.Initialisation;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Distillation;

/// <summary>A variant after blockwise distillation.</summary>
/// <param name="Started">Where it came from.</param>
/// <param name="Subblock">Its weights now.</param>
/// <param name="Before">Held-out loss of the start.</param>
/// <param name="After">Held-out loss now; never above <paramref name="Before"/>.</param>
/// <param name="Trained">Whether it was trained at all.</param>
public sealed record DistilledVariant(StartedVariant Started, Subblock Subblock, double Before, double After, bool Trained);
