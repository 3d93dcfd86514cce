using Google.OrTools.LinearSolver;
using Puzzle.Core.Search;

namespace Puzzle.Benchmarks;

/// <summary>
/// The search as it is usually written down: one binary an item, one equation a layer, one row a limit, handed to a solver of
/// OR-Tools as it is. What the exact solver is compared with.
/// </summary>
internal static class PlainModel
{
    /// <summary>The optimum in each pool's turn, whether all were proven, and seconds for building and solving.</summary>
    /// <param name="solver">CBC or SCIP.</param>
    /// <param name="problem">The library.</param>
    /// <param name="limits">Upper bounds by stat, absolute.</param>
    /// <param name="count">Solutions, each at least <paramref name="diversity"/> layers from those before.</param>
    /// <param name="diversity">See above.</param>
    /// <param name="seconds">Most seconds for one solution.</param>
    public static (double[] Objectives, bool Proven, double Seconds) Solve(string solver, PuzzleProblem problem, IReadOnlyList<(string Stat, double Most)> limits, int count, int diversity, double seconds)
    {
        var start = System.Diagnostics.Stopwatch.GetTimestamp();
        using var model = Solver.CreateSolver(solver) ?? throw new InvalidOperationException($"OR-Tools has no {solver}");
        var x = problem.Items.Select((_, i) => model.MakeBoolVar($"x{i}")).ToArray();
        for (var layer = 0; layer < problem.LayerCount; layer++)
        {
            using var one = model.MakeConstraint(1, 1);
            for (var i = 0; i < x.Length; i++)
                if (problem.Items[i].FirstLayer <= layer && layer < problem.Items[i].EndLayer)
                    one.SetCoefficient(x[i], 1);
        }

        foreach (var (stat, most) in limits)
        {
            using var row = model.MakeConstraint(double.NegativeInfinity, most);
            for (var i = 0; i < x.Length; i++)
                row.SetCoefficient(x[i], problem.Items[i].Costs[stat]);
        }

        using var objective = model.Objective();
        for (var i = 0; i < x.Length; i++)
            objective.SetCoefficient(x[i], problem.Items[i].Scores["kl_div"]);
        objective.SetMinimization();
        model.SetTimeLimit((long)(seconds * 1000));
        using var parameters = new MPSolverParameters();
        parameters.SetDoubleParam(MPSolverParameters.DoubleParam.RELATIVE_MIP_GAP, 0);
        var (found, proven) = (new List<double>(), true);
        for (var k = 0; k < count; k++)
        {
            var status = model.Solve(parameters);
            proven &= status == Solver.ResultStatus.OPTIMAL;
            if (status is not (Solver.ResultStatus.OPTIMAL or Solver.ResultStatus.FEASIBLE))
                break;
            var chosen = Enumerable.Range(0, x.Length).Where(i => x[i].SolutionValue() > 0.5).ToArray();
            found.Add(chosen.Sum(i => problem.Items[i].Scores["kl_div"]));
            using var differ = model.MakeConstraint(double.NegativeInfinity, problem.LayerCount - diversity);
            foreach (var i in chosen)
                differ.SetCoefficient(x[i], problem.Items[i].LayerCount);
        }

        return ([.. found], proven, System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds);
    }
}
