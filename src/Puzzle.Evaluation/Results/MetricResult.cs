namespace Puzzle.Evaluation.Results;

/// <summary>A metric of a task or group.</summary>
/// <param name="StdErr">Null where none is defined (N/A in tables).</param>
public sealed record MetricResult(string Metric, string Filter, double Value, double? StdErr, bool HigherIsBetter);
