using Puzzle.Core.Recipes;
using Puzzle.Core.Search;
using Puzzle.Core.Search.Baselines;
using Puzzle.Core.Search.Files;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Tests.Search;

/// <summary>Other ways to choose, on the measured library of a real 70B: values known from an independent computation.</summary>
public class BaselineTests
{
    private static readonly Lazy<PuzzleProblem> library = new(() => LibraryFile.Read(Shared.Path("nvlabs-puzzle", "block_library.json")));

    [Theory]
    [InlineData("runtime_ms", 0.90, 5.2441)]
    [InlineData("runtime_ms", 0.75, 11.2623)]
    [InlineData("runtime_ms", 0.60, 16.4150)]
    [InlineData("runtime_ms", 0.50, 21.0679)]
    [InlineData("runtime_ms", 0.40, 25.2560)]
    [InlineData("memory_mib", 0.75, 11.0113)]
    [InlineData("memory_mib", 0.60, 15.9700)]
    [InlineData("memory_mib", 0.50, 19.1795)]
    [InlineData("memory_mib", 0.40, 23.5076)]
    public void The_greedy_search_is_the_papers(string stat, double share, double value)
    {
        var greedy = BaselineSearch.Run(library.Value, Within(stat, share), [Baseline.Greedy])[0];

        Assert.Equal(value, greedy.Objective!.Value, 0.5e-4);
    }

    [Fact]
    public void Every_baseline_keeps_the_limits_and_none_beats_the_optimum()
    {
        foreach (var (stat, share) in (IEnumerable<(string, double)>)[("runtime_ms", 0.75), ("memory_mib", 0.5)])
        {
            var query = Within(stat, share);
            var best = ExactSolver.Solve(library.Value, query);
            var results = BaselineSearch.Run(library.Value, query, Enum.GetValues<Baseline>(), seed: 7);

            Assert.Equal(Enum.GetValues<Baseline>().Length, results.Count);
            foreach (var result in results)
            {
                Assert.True(result.Objective >= best.Objective, $"{result.Baseline} {result.Objective} < {best.Objective}");
                Assert.True(result.Costs[stat] <= best.Limits[0].AtMost);
                Assert.Equal(80, result.Choice.Count);
                Assert.Equal(result.Choice.Sum(item => item.Scores["kl_div"]), result.Objective!.Value, 1e-9);
            }

            Assert.All(results.Single(result => result.Baseline == Baseline.NoOpOnly).Choice, item => Assert.True(
                item.Layers![0] is { Attention: NoOpAttentionSpec or GroupedQuerySpec { KvHeads: 8 }, FeedForward: NoOpFeedForwardSpec or SwiGluSpec { IntermediateSize: 28672 } }));
            var most = results.Single(result => result.Baseline == Baseline.MaxParams);
            Assert.All(results, result => Assert.True(result.Costs["num_params"] <= most.Costs["num_params"]));
        }
    }

    [Fact]
    public void A_layer_pinned_to_another_item_than_the_parents_still_counts_against_the_parent()
    {
        var problem = SmallLibrary.Make(3, layers: 4, variants: 5);
        var query = new SearchQuery { Limits = [Limit.Max("a", 0.8, LimitBasis.Parent)], Pinned = new Dictionary<int, string> { [1] = problem.Items[7].Id } };
        foreach (var result in BaselineSearch.Run(problem, query, [Baseline.MaxParams, Baseline.Random]))
        {
            Assert.True(result.Objective is not null, $"{result.Baseline}: {result.Remark}");
            Assert.Equal(problem.Items[7].Id, result.Choice[1].Id);
            Assert.True(result.Costs["a"] <= 0.8 * problem.Items.Where(item => item.IsParent).Sum(item => item.Costs["a"]));
        }
    }

    [Fact]
    public void The_random_choice_follows_its_seed()
    {
        double Of(ulong seed) => BaselineSearch.Run(library.Value, Within("runtime_ms", 0.6), [Baseline.Random], seed)[0].Objective!.Value;

        Assert.Equal(Of(1), Of(1));
        Assert.NotEqual(Of(1), Of(2));
    }

    [Fact]
    public void A_way_that_leads_nowhere_says_so()
    {
        var query = new SearchQuery { Limits = [Limit.Max("runtime_ms", 0.6, LimitBasis.Parent), Limit.Min("num_kv_heads", 600)] };
        var results = BaselineSearch.Run(library.Value, query, [Baseline.Homogeneous, Baseline.Greedy]);

        Assert.All(results.Where(result => result.Objective is null), result => Assert.NotEmpty(result.Remark));
        Assert.Contains(results, result => result.Objective is null);
    }

    private static SearchQuery Within(string stat, double share) => new() { Limits = [Limit.Max(stat, share, LimitBasis.Parent)] };
}
