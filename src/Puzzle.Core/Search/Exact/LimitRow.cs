namespace Puzzle.Core.Search.Exact;

/// <summary>A limit of the query at one batch as a row of the model, with what is needed to speak of it.</summary>
/// <param name="Limit">As asked for.</param>
/// <param name="Scenario">The scenario's name, empty for none.</param>
/// <param name="Column">The column of the library.</param>
/// <param name="NonBlock">What the column costs outside the layers.</param>
/// <param name="AtLeast">Lower bound on the column, all cost included.</param>
/// <param name="AtMost">Upper bound on the column, all cost included.</param>
/// <param name="Row">The row: items alone.</param>
/// <param name="InUnits">Turns a cost of the column into the limit's own terms.</param>
internal sealed record LimitRow(Limit Limit, string Scenario, string Column, ExactDecimal NonBlock, ExactDecimal? AtLeast, ExactDecimal? AtMost, ModelRow Row, Func<double, double> InUnits);
