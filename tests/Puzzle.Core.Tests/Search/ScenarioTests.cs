using Puzzle.Core.Errors;
using Puzzle.Core.Search;

namespace Puzzle.Core.Tests.Search;

/// <summary>Scenarios, batches, pins, bans and homogeneous mode against a list of every architecture.</summary>
public class ScenarioTests
{
    private static readonly int[] s_batches = [1, 4, 16];

    [Fact]
    public void Two_scenarios_with_batches_give_the_best_of_all_architectures_and_batches()
    {
        var (feasible, infeasible) = (0, 0);
        for (var seed = 0UL; seed < 150; seed++)
        {
            var random = new Random((int)seed + 1000);
            var problem = SmallLibrary.Make(seed, layers: 3 + (int)(seed % 3), variants: 4, s_batches) with { NonBlockCosts = new Dictionary<string, double> { ["memory_mib"] = 1.25, ["runtime_ms@b4"] = 0.5 } };
            var (speedup, memory, latency) = (1 + 3 * random.NextDouble(), 3 + 8 * random.NextDouble(), 5 + 25 * random.NextDouble());
            var cap = random.Next(2) == 0 ? 4 : 16;
            var query = new SearchQuery
            {
                Scenarios =
                [
                    new Scenario { Name = "many", Batches = s_batches, MaxBatch = cap, PromptTokens = 5, OutputTokens = 20, Limits = [Limit.Min("throughput", speedup, LimitBasis.Parent), Limit.Max("runtime", latency)] },
                    new Scenario { Name = "one", Batches = [1], PromptTokens = 5, OutputTokens = 20, Limits = [Limit.Max("memory", memory)] },
                ],
            };
            var best = ByHand(problem, speedup, latency, memory, cap);
            if (best is null)
            {
                Assert.NotNull(Assert.Throws<InfeasibleException>(() => ExactSolver.Solve(problem, query)).Explanation);
                infeasible++;
                continue;
            }

            var solution = ExactSolver.Solve(problem, query);
            Assert.Equal(best.Value, solution.Objective, 1e-12);
            Assert.Equal(0, solution.Gap);
            Assert.True(solution.Batches["many"] <= cap);
            feasible++;
        }

        Assert.True(feasible > 40 && infeasible > 10, $"{feasible} feasible, {infeasible} infeasible");
    }

    [Fact]
    public void Pins_and_bans_leave_what_they_say()
    {
        for (var seed = 0UL; seed < 60; seed++)
        {
            var problem = SmallLibrary.Make(seed, layers: 4, variants: 5);
            var query = new SearchQuery
            {
                Limits = [Limit.Max("a", 0.8, LimitBasis.Parent)],
                Pinned = new Dictionary<int, string> { [0] = "parent", [2] = "gqa_1 + *" },
                Forbidden = [new ForbiddenVariant("* + ffn_56", 1, 2), new ForbiddenVariant("gqa_2 + ffn_40")],
            };
            var allowed = problem.Items.Where(item => item.FirstLayer switch
            {
                0 => item.IsParent,
                1 => !item.Id.EndsWith(" + ffn_56") && item.Id != "gqa_2 + ffn_40",
                2 => item.Id.StartsWith("gqa_1 ") && !item.Id.EndsWith(" + ffn_56"),
                _ => item.Id != "gqa_2 + ffn_40",
            }).ToArray();
            var limit = 0.8m * problem.Items.Where(item => item.IsParent).Sum(item => (decimal)item.Costs["a"]);
            var best = BruteForce.All(problem with { Items = allowed }, new SearchQuery { Limits = [Limit.Max("a", (double)limit)] });
            if (best.Count == 0)
            {
                Assert.Throws<InfeasibleException>(() => ExactSolver.Solve(problem, query));
                continue;
            }

            Assert.Equal(best[0].Objective, ExactSolver.Solve(problem, query).Objective);
        }
    }

    [Fact]
    public void The_homogeneous_mode_finds_the_best_variant_for_all_layers()
    {
        for (var seed = 0UL; seed < 60; seed++)
        {
            var problem = SmallLibrary.Make(seed, layers: 4, variants: 5);
            var query = new SearchQuery { Limits = [Limit.Max("a", 0.7, LimitBasis.Parent), Limit.Min("b", 0.2, LimitBasis.Parent)], Homogeneous = true };
            var all = BruteForce.All(problem, query with { Homogeneous = false }).Where(entry => entry.Choice.Select(item => item.Id).Distinct().Count() == 1).ToList();
            if (all.Count == 0)
                Assert.Throws<InfeasibleException>(() => ExactSolver.Solve(problem, query));
            else
                Assert.Equal(all[0].Objective, ExactSolver.Solve(problem, query).Objective);
        }
    }

    [Fact]
    public void Shadow_prices_say_what_a_little_more_buys()
    {
        // With many small items the optimum follows the relaxation, whose slope the price is.
        var problem = SmallLibrary.Make(5, layers: 60, variants: 12);
        var at = ExactSolver.Solve(problem, new SearchQuery { Limits = [Limit.Max("a", 300), Limit.Max("b", 1e6)] });
        var more = ExactSolver.Solve(problem, new SearchQuery { Limits = [Limit.Max("a", 310)] });

        Assert.InRange((at.Objective - more.Objective) / 10, 0.7 * at.Limits[0].ShadowPrice, 1.3 * at.Limits[0].ShadowPrice);
        Assert.Equal(0, at.Limits[1].ShadowPrice);
    }

    private static double? ByHand(PuzzleProblem problem, double speedup, double latency, double memory, int cap)
    {
        double? best = null;
        var parents = problem.Items.Where(item => item.IsParent).ToArray();
        double NonBlock(int batch) => batch == 4 ? 0.5 : 0;
        var parentRate = s_batches.Where(batch => batch <= cap).Max(batch => 20.0 * batch / (NonBlock(batch) + parents.Sum(item => item.Costs[$"runtime_ms@b{batch}"])));
        foreach (var (objective, choice) in BruteForce.All(problem, new SearchQuery()))
        {
            var fitsOne = 1.25 + choice.Sum(item => item.Costs["memory_mib@b1"]) <= memory;
            var fitsMany = s_batches.Where(batch => batch <= cap).Any(batch =>
            {
                var time = NonBlock(batch) + choice.Sum(item => item.Costs[$"runtime_ms@b{batch}"]);
                return 20.0 * batch / time >= speedup * parentRate && time <= latency;
            });
            if (fitsOne && fitsMany && (best is null || objective < best))
                best = objective;
        }

        return best;
    }
}
