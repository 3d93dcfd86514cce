using Puzzle.Core.Variants;

namespace Puzzle.Core.Distillation;

/// <summary>An attention and a feed-forward subblock that are trained together as one block.</summary>
/// <param name="Attention">Trained in place.</param>
/// <param name="FeedForward">Trained in place.</param>
/// <param name="TrainAttention">Whether it is trained; false freezes it.</param>
/// <param name="TrainFeedForward">The same.</param>
public sealed record CoupledPair(Subblock Attention, Subblock FeedForward, bool TrainAttention = true, bool TrainFeedForward = true);

/// <summary>What became of a pair.</summary>
/// <param name="Pair">With the best weights that were found.</param>
/// <param name="Before">Held-out loss of the start.</param>
/// <param name="After">Held-out loss now; never above <paramref name="Before"/>.</param>
/// <param name="Trained">Whether it was trained at all.</param>
public sealed record CoupledResult(CoupledPair Pair, double Before, double After, bool Trained);
