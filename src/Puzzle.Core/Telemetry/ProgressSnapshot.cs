namespace Puzzle.Core.Telemetry;

/// <summary>Where a stage stands.</summary>
/// <param name="Stage">Its name.</param>
/// <param name="What">What it works on now, for example <c>layer 17 gqa_2</c>.</param>
/// <param name="Done">How much is done.</param>
/// <param name="Total">Of how much; 0 where it is not known.</param>
/// <param name="Unit">Of what: tokens, layers, variants.</param>
/// <param name="Rate">Units a second, of late; null before there is a figure.</param>
/// <param name="Loss">The loss, where there is one.</param>
/// <param name="Eta">Time to the end of this stage's work at that rate.</param>
/// <param name="Elapsed">Since the stage began.</param>
public sealed record ProgressSnapshot(
    string Stage, string? What, long Done, long Total, string Unit, double? Rate, double? Loss, TimeSpan? Eta, TimeSpan Elapsed);
