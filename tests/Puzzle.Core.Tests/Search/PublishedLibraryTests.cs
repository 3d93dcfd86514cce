using Puzzle.Core.Search;
using Puzzle.Core.Search.Files;

namespace Puzzle.Core.Tests.Search;

/// <summary>The measured library of a real 70B: optimal values known from an independent exact computation.</summary>
public class PublishedLibraryTests
{
    private static readonly Lazy<PuzzleProblem> library = new(() => LibraryFile.Read(Shared.Path("nvlabs-puzzle", "block_library.json")));

    public static TheoryData<string, double, double, double, double, double> Optima => new()
    {
        { "runtime_ms", 0.90, 58822.01, 2.102300, 58819.269, 2.097396 },
        { "runtime_ms", 0.75, 49018.34, 5.831604, 49012.321, 5.827757 },
        { "runtime_ms", 0.60, 39214.67, 10.361557, 39206.300, 10.352806 },
        { "runtime_ms", 0.50, 32678.89, 14.032297, 32678.809, 14.026569 },
        { "runtime_ms", 0.40, 26143.11, 18.106485, 26142.558, 18.098177 },
        { "memory_mib", 0.75, 86226.56, 5.393094, 86225.906, 5.392298 },
        { "memory_mib", 0.60, 68981.25, 9.679047, 68977.992, 9.677078 },
        { "memory_mib", 0.50, 57484.38, 13.007762, 57475.180, 13.001422 },
        { "memory_mib", 0.40, 45987.50, 16.819337, 45984.367, 16.812662 },
    };

    [Theory]
    [MemberData(nameof(Optima))]
    public void One_limit_gives_the_known_optimum(string stat, double share, double limit, double optimum, double used, double relaxation)
    {
        var solution = ExactSolver.Solve(library.Value, new SearchQuery { Limits = [Limit.Max(stat, share, LimitBasis.Parent)] });

        Assert.Equal(SolveStatus.Optimal, solution.Status);
        Assert.Equal(0, solution.Gap);
        Assert.Equal(limit, solution.Limits[0].AtMost!.Value, 0.5e-2);
        Assert.Equal(optimum, solution.Objective, 0.5e-6);
        Assert.Equal(used, solution.Costs[stat], 0.5e-3);
        Assert.Equal(relaxation, solution.RelaxationBound, 0.6e-6);
    }

    [Fact]
    public void Two_limits_give_the_known_optimum()
    {
        var solution = ExactSolver.Solve(library.Value, new SearchQuery
        {
            Limits = [Limit.Max("runtime_ms", 0.6, LimitBasis.Parent), Limit.Max("memory_mib", 0.5, LimitBasis.Parent)],
        });

        Assert.Equal(SolveStatus.Optimal, solution.Status);
        Assert.Equal(13.007762, solution.Objective, 0.5e-6);
        Assert.Equal(34551.30, solution.Costs["runtime_ms"], 0.5e-2);
        Assert.Equal(57475.18, solution.Costs["memory_mib"], 0.5e-2);
    }

    [Theory]
    [InlineData(80000, 51200, 6.861455)]
    [InlineData(40000, 1e9, 18.935023)]
    public void The_published_examples_give_their_optimum(double memory, double runtime, double optimum)
    {
        var solution = ExactSolver.Solve(library.Value, new SearchQuery { Limits = [Limit.Max("memory_mib", memory), Limit.Max("runtime_ms", runtime)] });

        Assert.Equal(SolveStatus.Optimal, solution.Status);
        Assert.Equal(optimum, solution.Objective, 0.5e-6);
    }

    [Fact]
    public void Diverse_solutions_are_the_published_ones()
    {
        var pool = ExactSolver.SolvePool(library.Value, new SearchQuery
        {
            Limits = [Limit.Max("runtime_ms", 0.85, LimitBasis.Parent), Limit.Max("memory_mib", 0.85, LimitBasis.Parent)],
            SolutionCount = 3,
            MinDiversity = 20,
        });

        Assert.All(pool, solution => Assert.Equal(SolveStatus.Optimal, solution.Status));
        Assert.Equal([3.2821, 3.3417, 3.3822], pool.Select(solution => Math.Round(solution.Objective, 4)));
        Assert.True(pool[0].DistanceTo(pool[1]) >= 20 && pool[0].DistanceTo(pool[2]) >= 20 && pool[1].DistanceTo(pool[2]) >= 20);
    }

    [Theory]
    [InlineData("runtime_ms", 0.90, 9.0446, "gqa_8 + ffn_21504")]
    [InlineData("runtime_ms", 0.75, 13.9543, "gqa_8 + ffn_14336")]
    [InlineData("runtime_ms", 0.60, 20.8326, "gqa_8 + ffn_7168")]
    [InlineData("runtime_ms", 0.50, 59.4723, "attn_no_op + ffn_21504")]
    [InlineData("runtime_ms", 0.40, 60.7824, null)]
    [InlineData("memory_mib", 0.75, 20.8326, null)]
    [InlineData("memory_mib", 0.60, 30.9956, null)]
    [InlineData("memory_mib", 0.50, 57.1892, null)]
    [InlineData("memory_mib", 0.40, 59.4723, null)]
    public void The_best_homogeneous_choice_is_the_known_one(string stat, double share, double value, string? id)
    {
        var solution = ExactSolver.Solve(library.Value, new SearchQuery { Limits = [Limit.Max(stat, share, LimitBasis.Parent)], Homogeneous = true });

        Assert.Equal(value, solution.Objective, 0.5e-4);
        Assert.Single(solution.Choice.Select(item => item.Id).Distinct());
        if (id is not null)
            Assert.Equal(id, solution.Choice[0].Id);
    }
}
