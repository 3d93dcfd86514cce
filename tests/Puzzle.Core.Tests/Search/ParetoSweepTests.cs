using Puzzle.Core.Search;

namespace Puzzle.Core.Tests.Search;

/// <summary>Sweeps against a list of every architecture.</summary>
public class ParetoSweepTests
{
    [Fact]
    public void Every_point_of_a_sweep_is_the_best_within_its_bound()
    {
        var checkedPoints = 0;
        for (var seed = 0UL; seed < 40; seed++)
        {
            var problem = SmallLibrary.Make(seed, layers: 4, variants: 5);
            var front = ParetoSweep.Run(problem, new SearchQuery(), "a", 7);

            Assert.Equal(7, front.Count);
            foreach (var point in front)
            {
                var best = BruteForce.All(problem, new SearchQuery { Limits = [Limit.Max("a", point.Bound)] })[0];
                Assert.Equal(best.Objective, point.Solution.Objective);
                Assert.True(point.Reached <= point.Bound);
                checkedPoints++;
            }

            Assert.Equal(0, front[0].Solution.Objective, 1e-12);
            Assert.Equal(Enumerable.Range(0, 4).Sum(layer => problem.Items.Where(item => item.FirstLayer == layer).Min(item => item.Costs["a"])), front[^1].Reached, 1e-9);
        }

        Assert.Equal(280, checkedPoints);
    }

    [Fact]
    public void A_sweep_over_throughput_ends_at_the_fastest_architecture_of_the_best_batch()
    {
        var problem = SmallLibrary.Make(3, layers: 4, variants: 4, batches: [1, 8]);
        var query = new SearchQuery { Scenarios = [new Scenario { Name = "chat", Batches = [1, 8], OutputTokens = 10, Limits = [] }] };
        var front = ParetoSweep.Run(problem, query, "throughput", 5);

        var fastest = new[] { 1, 8 }.Max(batch => 1000.0 * batch * 10 / Enumerable.Range(0, 4).Sum(layer => problem.Items.Where(item => item.FirstLayer == layer).Min(item => item.Costs[$"runtime_ms@b{batch}"])));
        Assert.Equal(5, front.Count);
        Assert.Equal(fastest, front[^1].Reached, fastest * 1e-9);
        Assert.True(front.Zip(front.Skip(1)).All(pair => pair.First.Solution.Objective <= pair.Second.Solution.Objective));
        Assert.All(front, point => Assert.True(point.Reached >= point.Bound * (1 - 1e-9)));
    }
}
