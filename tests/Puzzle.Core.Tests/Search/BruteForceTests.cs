using System.Numerics;
using CsCheck;
using Puzzle.Core.Errors;
using Puzzle.Core.Search;
using Puzzle.Core.Search.Exact;

namespace Puzzle.Core.Tests.Search;

/// <summary>The solver against a list of every architecture, on thousands of random problems.</summary>
public class BruteForceTests
{
    [Fact]
    public void The_optimum_is_the_best_of_all_architectures() =>
        RandomProblems.Any.Sample(
            sample =>
            {
                var all = BruteForce.All(sample.Problem, sample.Query);
                if (all.Count == 0)
                {
                    var error = Assert.Throws<InfeasibleException>(() => ExactSolver.Solve(sample.Problem, sample.Query));
                    Assert.NotNull(error.Explanation);
                    return;
                }

                var solution = ExactSolver.Solve(sample.Problem, sample.Query);
                Assert.Equal(SolveStatus.Optimal, solution.Status);
                Assert.Equal(0, solution.Gap);
                Assert.Equal(all[0].Objective, solution.Objective);
                Assert.Contains(all, entry => entry.Choice.SequenceEqual(solution.Choice, ReferenceEqualityComparer.Instance));
            },
            iter: 4000,
            print: Print);

    [Fact]
    public void Diverse_pools_are_the_best_in_turn() =>
        Gen.Select(RandomProblems.Any, Gen.Int[1, 4], Gen.Int[2, 5]).Sample(
            (sample, diversity, count) =>
            {
                var all = BruteForce.All(sample.Problem, sample.Query);
                if (all.Count == 0)
                    return;
                var pool = ExactSolver.SolvePool(sample.Problem, sample.Query with { SolutionCount = count, MinDiversity = diversity });
                for (var k = 0; k < count; k++)
                {
                    var left = all.Where(entry => pool.Take(k).All(earlier => Distance(entry.Choice, earlier) >= diversity)).ToList();
                    if (left.Count == 0)
                    {
                        Assert.Equal(k, pool.Count);
                        return;
                    }

                    Assert.Equal(left[0].Objective, pool[k].Objective);
                }
            },
            iter: 1000,
            print: sample => Print(sample.Item1));

    [Fact]
    public void What_goes_to_OR_Tools_comes_back_as_the_optimum()
    {
        var proofs = 0;
        RandomProblems.Any.Sample(
            sample =>
            {
                var compiler = new QueryCompiler(sample.Problem, sample.Query);
                var model = compiler.Model(compiler.Limits([]));
                var alive = new bool[model.ItemCount];
                Array.Fill(alive, true);
                BigInteger? best = null;
                var proven = CpSatFinish.Run(model, alive, null, choice =>
                {
                    if (model.Holds(choice) && (best is null || model.ExactSum(choice) < best))
                        best = model.ExactSum(choice);
                    return best - 1;
                }, CancellationToken.None);

                var all = BruteForce.All(sample.Problem, sample.Query);
                var sum = best is { } found ? new ExactDecimal(found, model.ValueGrid).ToDouble() : (double?)null;
                if (proven)
                    Assert.Equal(all.Count == 0 ? null : sample.Query.Objective.Maximise ? -all[0].Objective : all[0].Objective, sum);
                else
                    Assert.True(sum is null || all.Count > 0);
                Interlocked.Add(ref proofs, proven ? 1 : 0);
            },
            iter: 150,
            print: Print);
        // Only where a whole cloud of choices lies within its rounding does it give up.
        Assert.True(proofs > 120, $"{proofs} of 150");
    }

    private static int Distance(PuzzleItem[] choice, PuzzleSolution earlier) =>
        choice.Where(item => !earlier.Choice.Contains(item, ReferenceEqualityComparer.Instance)).Sum(item => item.LayerCount);

    private static string Print((PuzzleProblem Problem, SearchQuery Query) sample) =>
        $"{sample.Problem.LayerCount} layers, {string.Join("; ", sample.Query.Limits)}\noutside {string.Join(' ', sample.Problem.NonBlockCosts.Values)}\n"
        + string.Join('\n', sample.Problem.Items.Select(item => $"{item} {item.LayerCount} score {item.Scores["kl_div"]:R} costs {string.Join(' ', item.Costs.Values)}"));
}
