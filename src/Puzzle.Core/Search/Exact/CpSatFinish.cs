using System.Globalization;
using System.Numerics;
using Google.OrTools.Sat;

namespace Puzzle.Core.Search.Exact;

/// <summary>
/// What the dynamic programming could not finish goes to OR-Tools' CP-SAT, on whole numbers. Numbers that are too long for it are
/// rounded so that nothing better is lost; every choice that it finds is judged exactly and then excluded, until it proves that
/// there is no further one.
/// </summary>
internal static class CpSatFinish
{
    // CP-SAT refuses models in which a sum over all variables could leave 64 bits.
    private const int MostBits = 60;
    private const int MostChoices = 200;

    /// <summary>Looks for choices below a cut.</summary>
    /// <param name="model">The problem.</param>
    /// <param name="alive">Items that are left.</param>
    /// <param name="cut">Only sums at or below this, on the grid of values, are of interest.</param>
    /// <param name="offer">Takes a found choice and returns the new cut.</param>
    /// <param name="stop">Ends the search.</param>
    /// <returns>Whether it is proven that no choice at or below the cut is left.</returns>
    public static bool Run(ChoiceModel model, bool[] alive, BigInteger? cut, Func<int[], BigInteger?> offer, CancellationToken stop)
    {
        var items = Enumerable.Range(0, model.ItemCount).Where(item => alive[item]).ToArray();
        var task = new CpModel();
        var x = Array.ConvertAll(items, item => task.NewBoolVar($"x{item.ToString(CultureInfo.InvariantCulture)}"));
        for (var layer = 0; layer < model.LayerCount; layer++)
        {
            var covering = x.Where((_, i) => model.First[items[i]] <= layer && layer < model.First[items[i]] + model.Span[items[i]]).ToArray();
            if (covering.Length == 0)
                return true;
            task.AddExactlyOne(covering);
        }

        foreach (var row in model.Rows)
        {
            var exact = Array.ConvertAll(items, item => row.Exact[item]);
            var shift = Shift(exact);
            if (row.ExactUpper is { } upper)
                AddAtMost(task, x, exact, upper, shift);
            if (row.ExactLower is { } lower)
                AddAtMost(task, x, Array.ConvertAll(exact, number => -number), -lower, shift);
        }

        var values = Array.ConvertAll(items, item => model.ExactValue[item]);
        var valueShift = Shift(values);
        task.Minimize(LinearExpr.WeightedSum(x, Array.ConvertAll(values, value => (long)(value >> valueShift))));
        for (var found = 0; found < MostChoices && !stop.IsCancellationRequested; found++)
        {
            if (cut is { } most)
                AddAtMost(task, x, values, most, valueShift);
            using var solver = new CpSolver { StringParameters = "num_workers:1" };
            using var registration = stop.Register(solver.StopSearch);
            var status = solver.Solve(task);
            if (status == CpSolverStatus.Infeasible)
                return true;
            if (status is not (CpSolverStatus.Optimal or CpSolverStatus.Feasible))
                return false;
            var chosen = Enumerable.Range(0, x.Length).Where(i => solver.BooleanValue(x[i])).ToArray();
            cut = offer(Array.ConvertAll(chosen, i => items[i]));
            task.AddBoolOr(chosen.Select(i => x[i].Not()));
        }

        return false;
    }

    // Sum of floors <= floor of the sum <= floor of the limit: rounding lets more through, never less.
    private static void AddAtMost(CpModel task, BoolVar[] x, BigInteger[] numbers, BigInteger limit, int shift)
    {
        var most = limit >> shift;
        var reach = BigInteger.One << (MostBits + 1);
        task.AddLinearConstraint(LinearExpr.WeightedSum(x, Array.ConvertAll(numbers, number => (long)(number >> shift))), -(long)reach, (long)BigInteger.Clamp(most, -reach, reach));
    }

    private static int Shift(BigInteger[] numbers) =>
        Math.Max(0, (int)numbers.Aggregate(BigInteger.Zero, (sum, number) => sum + BigInteger.Abs(number)).GetBitLength() - MostBits);
}
