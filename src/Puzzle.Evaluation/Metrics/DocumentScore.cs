using System.Runtime.InteropServices;

namespace Puzzle.Evaluation.Metrics;

/// <summary>A metric of one document.</summary>
/// <param name="Value">For acc 0 or 1, for perplexities the log-likelihood in nats.</param>
/// <param name="Weight">Words or bytes of the document for the weighted perplexities, else 1.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct DocumentScore(double Value, double Weight = 1);
