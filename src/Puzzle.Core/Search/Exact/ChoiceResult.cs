namespace Puzzle.Core.Search.Exact;

/// <summary>What the numeric search found.</summary>
/// <param name="Items">The chosen items of the model, null where none was found.</param>
/// <param name="Proven">Whether the result is final: optimal within the asked gap, or infeasible where there are no items.</param>
/// <param name="Objective">Sum of the chosen items' values.</param>
/// <param name="Bound">No choice within the rows has a smaller sum.</param>
/// <param name="RelaxationBound">The Lagrangian bound at the start.</param>
/// <param name="RowPrices">By how much the sum falls for one more unit of each row (positive: the upper bound binds; negative: the lower).</param>
internal sealed record ChoiceResult(int[]? Items, bool Proven, double Objective, double Bound, double RelaxationBound, double[] RowPrices);
