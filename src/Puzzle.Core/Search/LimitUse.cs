namespace Puzzle.Core.Search;

/// <summary>What a solution makes of one limit.</summary>
/// <param name="Limit">The limit as asked for.</param>
/// <param name="Scenario">The scenario it belongs to, empty for none.</param>
/// <param name="Column">The column of the library that it bounds.</param>
/// <param name="AtLeast">The lower bound on the column in its own unit, all cost included.</param>
/// <param name="AtMost">The upper bound on the column in its own unit, all cost included.</param>
/// <param name="Used">What the child costs, all cost included.</param>
/// <param name="ShadowPrice">By how much the objective improves for one more unit of the column, at the margin of the relaxation; 0 where the limit does not bind.</param>
public sealed record LimitUse(Limit Limit, string Scenario, string Column, double? AtLeast, double? AtMost, double Used, double ShadowPrice);
