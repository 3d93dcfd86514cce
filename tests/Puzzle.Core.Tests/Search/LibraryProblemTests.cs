using Puzzle.Core.Library;
using Puzzle.Core.Measurement;
using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Scoring;
using Puzzle.Core.Search;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Tests.Search;

/// <summary>From a recipe, scores and a cost table to a solution, checked by hand.</summary>
public class LibraryProblemTests
{
    private const string Recipe = """
        parent: /models/x
        measure: {weights: f16, cache: f16}
        target:
          scenarios:
            - name: chat
              batch_cap: 4
              batches: [1, 4, 8]
              prompt_tokens: 6
              output_tokens: 10
              limits: {speedup: 1.2x, max_memory_gib: 0.01, max_params: 90%, max_attention_layers: 2}
        solve:
          solutions: 3
          diversity: 50%
          pins: [{layer: 0, attention: gqa_4}]
          forbid: [{layers: [1], ffn: [no_op]}]
        """;

    private static readonly ModelConfig s_parent = new()
    {
        Family = "llama",
        HiddenSize = 16,
        VocabSize = 50,
        Heads = 4,
        HeadDim = 4,
        Layers = [.. Enumerable.Repeat(new LayerSpec(new GroupedQuerySpec(4), new SwiGluSpec(32)), 3)],
    };

    private static readonly AttentionSpec[] s_attention = [new GroupedQuerySpec(4), new GroupedQuerySpec(1), new NoOpAttentionSpec()];
    private static readonly FeedForwardSpec[] s_feedForward = [new SwiGluSpec(32), new SwiGluSpec(16), new NoOpFeedForwardSpec()];

    private static CostTable Costs { get; } = new()
    {
        Engine = "torch",
        Hardware = "none",
        Dtype = "f32",
        Workloads = [.. new[] { 1, 4 }.Select(batch => new WorkloadCosts(new Workload(batch, 6, 10), new SubblockCost(1, 0.5, 0.7), new Dictionary<string, SubblockCost>
        {
            ["gqa_4"] = new(2 * batch, 1, 1 + 0.1 * batch),
            ["gqa_1"] = new(1.5 * batch, 0.9, 0.9 + 0.02 * batch),
            ["ffn_32"] = new(4 * batch, 2, 2),
            ["ffn_16"] = new(2 * batch, 1.1, 1.1),
        }))],
    };

    private static Recipe Read(string yaml) => RecipeReader.Parse<Recipe>(yaml, "r.yaml", "/");

    // A pair whose parts were scored apart, exponent 2, and one that was scored together.
    private static ScoreTable Scores { get; } = new()
    {
        Metric = ScoreMetric.Kl,
        Exponent = 2,
        ParentLoss = 2,
        Subblocks =
        [
            .. Enumerable.Range(0, 3).SelectMany(layer => s_attention.Skip(1).Select((spec, i) => new SubblockScore(layer, spec, 0.1 * (1 + layer) * (1 + i), 0, 2.5, 0.8))),
            .. Enumerable.Range(0, 3).SelectMany(layer => s_feedForward.Skip(1).Select((spec, i) => new SubblockScore(layer, spec, 0.15 * (1 + layer) * (1 + i), 0, 2.5, 0.7))),
        ],
        Pairs = [new BlockScore(1, new LayerSpec(s_attention[1], s_feedForward[1]), 0.05, 0, 2.25, 0.9)],
    };

    private static PuzzleProblem Problem(Recipe recipe) => Library(recipe).Build();

    private static LibraryProblem Library(Recipe recipe) => new(
        s_parent, [.. Enumerable.Repeat(new LayerChoices(s_attention, s_feedForward), 3)], Scores, Costs, new MemoryModel(recipe.Measure.Weights, recipe.Measure.Cache), recipe.Target.Scenarios);

    [Fact]
    public void Scores_of_pairs_are_composed_unless_they_were_measured()
    {
        var problem = Problem(Read(Recipe));
        double Kl(int layer, string id) => problem.Items.Single(item => item.FirstLayer == layer && item.Id == id).Scores["kl_div"];

        Assert.Equal(0, Kl(2, "gqa_4 + ffn_32"));
        Assert.Equal(0.3, Kl(2, "gqa_1 + ffn_32"), 1e-12);
        Assert.Equal(Math.Sqrt(0.1 * 0.1 + 0.15 * 0.15), Kl(0, "gqa_1 + ffn_16"), 1e-12);
        Assert.Equal(0.05, Kl(1, "gqa_1 + ffn_16"), 1e-12);
        Assert.Equal(0.25, problem.Items.Single(item => item.FirstLayer == 1 && item.Id == "gqa_1 + ffn_16").Scores["lm_loss"], 1e-12);
    }

    [Fact]
    public void Costs_are_those_of_the_table_and_of_the_shapes()
    {
        var problem = Problem(Read(Recipe));
        var item = problem.Items.First(item => item.Id == "gqa_1 + ffn_16");

        Assert.Equal(27, problem.Items.Count);
        Assert.Equal(3, problem.Items.Count(item => item.IsParent));
        // Projections q and o 16 x 16, k and v 4 x 16, three matrices of 16 x 16, two norms.
        var parameters = 2 * 256 + 2 * 64 + 3 * 256 + 32;
        Assert.Equal(parameters, item.Costs["num_params"]);
        Assert.Equal(1.5 * 4 + 2 * 4 + 10 * ((0.9 + 0.98) / 2 + 1.1), item.Costs["runtime_ms@chat.b4"], 1e-12);
        Assert.Equal(1.5 * 4 + 2 * 4, item.Costs["prefill_runtime_ms@chat.b4"], 1e-12);
        Assert.Equal(4 * 16 * 2 * 4 * 2 / 1048576.0, item.Costs["kv_mib@chat.b4"], 1e-15);
        Assert.Equal((parameters * 2 + 4 * 16 * 2 * 4 * 2) / 1048576.0, item.Costs["memory_mib@chat.b4"], 1e-15);
        Assert.Equal(1 + 10 * 0.6, problem.NonBlockCosts["runtime_ms@chat.b1"], 1e-12);
        Assert.Equal((2 * 50 * 16 + 16) * 2 / 1048576.0, problem.NonBlockCosts["weights_mib"], 1e-15);
        Assert.DoesNotContain("runtime_ms@chat.b8", item.Costs.Keys);
    }

    [Fact]
    public void A_query_holds_what_the_recipe_asks_for()
    {
        var query = TargetQuery.Of(Read(Recipe), s_parent, Costs);

        Assert.Equal([1, 4], query.Scenarios[0].Batches);
        Assert.Equal(["throughput", "memory", "block_params", "attention_layers"], query.Scenarios[0].Limits.Select(limit => limit.Name));
        Assert.Equal(0.01 * 1024, query.Scenarios[0].Limits[1].AtMost!.Value, 1e-12);
        Assert.Equal((3, 2), (query.SolutionCount, query.MinDiversity));
    }

    [Fact]
    public void A_corrected_parent_is_what_relative_limits_count_from()
    {
        var recipe = Read(Recipe.Replace("limits: {", "limits: {max_ttft_ms: 0.9x, "));
        // As if the child had measured half as fast again as predicted, and the parent as predicted.
        var query = TargetQuery.Of(recipe, s_parent, Costs.Scaled(new PhaseFactors(1.5, 1.5)), Costs);
        var plain = TargetQuery.Of(recipe, s_parent, Costs);

        Assert.Equal(plain.Scenarios[0].Limits.First(limit => limit.Name == "throughput").AtLeast!.Value, query.Scenarios[0].Limits.First(limit => limit.Name == "throughput").AtLeast!.Value, 1e-12);
        Assert.Equal(0.9 / 1.5, query.Scenarios[0].Limits.First(limit => limit.Name == "ttft").AtMost!.Value, 1e-12);
    }

    [Fact]
    public void The_search_finds_what_trying_everything_finds()
    {
        var recipe = Read(Recipe);
        var problem = Problem(recipe);
        var solution = ExactSolver.Solve(problem, TargetQuery.Of(recipe, s_parent, Costs));

        double Time(IEnumerable<PuzzleItem> choice, int batch) => problem.NonBlockCosts[$"runtime_ms@chat.b{batch}"] + choice.Sum(item => item.Costs[$"runtime_ms@chat.b{batch}"]);
        double Rate(IReadOnlyList<PuzzleItem> choice) => new[] { 1, 4 }.Max(batch => batch * 10 / Time(choice, batch));
        var parents = problem.Items.Where(item => item.IsParent).ToArray();
        var best = BruteForce.All(problem, new SearchQuery()).First(entry =>
            Rate(entry.Choice) >= 1.2 * Rate(parents)
            && entry.Choice.Sum(item => item.Costs["num_params"]) <= 0.9 * parents.Sum(item => item.Costs["num_params"])
            && entry.Choice.Sum(item => item.Costs["has_attention"]) <= 2
            && entry.Choice[0].Id.StartsWith("gqa_4 ") && !entry.Choice[1].Id.EndsWith("ffn_no_op"));
        Assert.Equal(best.Objective, solution.Objective, 1e-12);
        Assert.Equal(4, solution.Batches["chat"]);
    }

    [Fact]
    public void A_pin_of_a_layer_that_is_not_there_is_named()
    {
        var recipe = Read(Recipe.Replace("layer: 0", "layer: 7"));

        Assert.Contains("layer 7", Assert.Throws<Core.Errors.RecipeException>(() => TargetQuery.Of(recipe, s_parent, Costs)).Message);
    }
}
