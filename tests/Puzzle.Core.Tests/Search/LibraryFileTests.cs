using System.Text.Json.Nodes;
using Puzzle.Core.Errors;
using Puzzle.Core.Search;
using Puzzle.Core.Search.Files;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Tests.Search;

/// <summary>Files of libraries: what is written reads back, what others write is understood, what is broken is named.</summary>
public sealed class LibraryFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("puzzle-library-").FullName;

    [Fact]
    public void What_is_written_reads_back()
    {
        var problem = new PuzzleProblem
        {
            LayerCount = 3,
            NonBlockCosts = new Dictionary<string, double> { ["memory_mib"] = 0.1, ["runtime_ms@chat.b4"] = 1e-7 },
            Items =
            [
                Item(0, 1, "gqa_4 + ffn_64", [new LayerSpec(new GroupedQuerySpec(4), new SwiGluSpec(64))], parent: true),
                Item(0, 2, "merged", [new LayerSpec(new GroupedQuerySpec(2, 16, 4), new LinearFeedForwardSpec())]),
                Item(1, 1, "attn_linear + ffn_no_op", [new LayerSpec(new LinearAttentionSpec(), new NoOpFeedForwardSpec())]),
                Item(2, 1, "something else", null),
            ],
        };
        var path = Path.Combine(_folder, "library.json");
        LibraryFile.Write(problem, path);
        var read = LibraryFile.Read(path);

        Assert.Equal(problem.LayerCount, read.LayerCount);
        Assert.Equal(problem.NonBlockCosts, read.NonBlockCosts);
        foreach (var (was, now) in problem.Items.Zip(read.Items))
        {
            Assert.Equal((was.FirstLayer, was.LayerCount, was.Id, was.IsParent), (now.FirstLayer, now.LayerCount, now.Id, now.IsParent));
            Assert.Equal(was.Layers, now.Layers);
            Assert.Equal(was.Scores.Where(score => double.IsFinite(score.Value)), now.Scores);
            Assert.Equal(was.Costs, now.Costs);
        }
    }

    [Fact]
    public void A_puzzletron_folder_becomes_blocks_of_subblocks()
    {
        Write("subblock_stats.json", """
            [{"args": {"batch_size": 8}, "non_block": {"memory_mib": 10, "runtime_ms": 1, "num_params": 100},
              "subblocks": [
                {"subblock_config_class": "AttentionConfig", "subblock_config": {"no_op": false, "num_key_value_heads": 4}, "parent_layer_index": null, "memory_mib": 4, "runtime_ms": 2.5, "prefill_runtime_ms": null, "num_params": 40},
                {"subblock_config_class": "AttentionConfig", "subblock_config": {"no_op": true}, "memory_mib": 0, "runtime_ms": 0, "num_params": 0},
                {"subblock_config_class": "FFNConfig", "subblock_config": {"no_op": false, "intermediate_size": 64, "moe": null}, "parent_layer_index": 0, "memory_mib": 6, "runtime_ms": 3, "num_params": 60},
                {"subblock_config_class": "FFNConfig", "subblock_config": {"no_op": false, "intermediate_size": 64, "moe": null}, "parent_layer_index": 1, "memory_mib": 6, "runtime_ms": 3.5, "num_params": 60},
                {"subblock_config_class": "FFNConfig", "subblock_config": {"kind": "ffn", "no_op": false, "intermediate_size": 32}, "memory_mib": 3, "runtime_ms": 2, "num_params": 30}]}]
            """);
        Write("single_sequence_replacement_solutions--validation/solution_0.json", Solution(0, """{"attention": {"no_op": true}, "ffn": {"intermediate_size": 64}}""", 0.5));
        Write("single_sequence_replacement_solutions--validation/solution_1.json", Solution(1, """{"attention": {"num_key_value_heads": 4}, "ffn": {"intermediate_size": 32}}""", 0.25));
        Write("single_sequence_replacement_solutions--validation/solution_2.json", Solution(1, """{"subblock_configs": [{"kind": "attention", "no_op": true}, {"kind": "ffn", "intermediate_size": 32}]}""", 0.75));
        var problem = LibraryFile.Read(_folder);

        Assert.Equal(2, problem.LayerCount);
        Assert.Equal(10, problem.NonBlockCosts["memory_mib"]);
        Assert.Equal(["gqa_4 + ffn_64", "attn_no_op + ffn_64"], problem.Items.Where(item => item.FirstLayer == 0).Select(item => item.Id));
        Assert.Equal([true, false, true, false, false], problem.Items.Select(item => item.IsParent));
        Assert.Equal([5.5, 3, 6, 4.5, 2], problem.Items.Select(item => item.Costs["runtime_ms"]));
        Assert.Equal([0, 0.5, 0, 0.25, 0.75], problem.Items.Select(item => item.Scores["kl_div"]));
        Assert.Equal(0.5, problem.Items[1].Scores["one_minus_token_accuracy_top_1"]);

        var solution = ExactSolver.Solve(problem, new SearchQuery { Limits = [Limit.Max("stats.runtime_ms", 10)] });
        Assert.Equal(0.5, solution.Objective);
        Assert.Equal(10, solution.Costs["runtime_ms"]);
    }

    [Theory]
    [InlineData("{", "not valid JSON")]
    [InlineData("[]", "is no library")]
    [InlineData("""{"puzzle_library": 9, "layers": 1, "items": []}""", "this version reads 1")]
    [InlineData("""{"puzzle_library": 1, "layers": 0, "items": []}""", "'layers' must be a whole number")]
    [InlineData("""{"puzzle_library": 1, "layers": 1, "itmes": []}""", "did you mean 'items'")]
    [InlineData("""{"puzzle_library": 1, "layers": 1, "items": [{"layer": 1, "id": "x", "metrics": {}, "stats": {}}]}""", "'layer' must be a whole number from 0 to 0, found 1")]
    [InlineData("""{"puzzle_library": 1, "layers": 1, "items": [{"layer": 0, "metrics": {}, "stats": {}}]}""", "needs a name 'id'")]
    [InlineData("""{"puzzle_library": 1, "layers": 1, "items": [{"layer": 0, "id": "x", "metrics": {"kl_div": "high"}, "stats": {}}]}""", "kl_div is \"high\", not a number")]
    [InlineData("""{"puzzle_library": 1, "layers": 1, "items": [{"layer": 0, "id": "x", "child": ["gqa_0 + ffn_1"], "metrics": {}, "stats": {}}]}""", "not of the form")]
    [InlineData("""{"layer_0": {"a": {"stats": {"num_kv_heads": 1}, "metrics": {}}}}""", "ffn_intermediate_size")]
    [InlineData("""{"layer_0": {}}""", "layer_0 has no variants")]
    [InlineData("""{"layer_0": {"a": {"stats": {"num_kv_heads": 1, "ffn_intermediate_size": 1}, "metrics": {}}}, "layer_2": {}}""", "layer_1 of 2 layers")]
    public void A_broken_file_is_named(string text, string message)
    {
        var path = Write("broken.json", text);

        var error = Assert.Throws<BadInputException>(() => LibraryFile.Read(path));
        Assert.Contains("broken.json", error.Message);
        Assert.Contains(message, error.Message);
    }

    [Fact]
    public void A_folder_without_a_library_and_a_missing_file_are_named()
    {
        Assert.Contains("subblock_stats.json", Assert.Throws<BadInputException>(() => LibraryFile.Read(_folder)).Message);
        Assert.Contains("nothing.json", Assert.Throws<BadInputException>(() => LibraryFile.Read(Path.Combine(_folder, "nothing.json"))).Message);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static PuzzleItem Item(int layer, int count, string id, LayerSpec[]? layers, bool parent = false) => new()
    {
        FirstLayer = layer,
        LayerCount = count,
        Id = id,
        Layers = layers,
        IsParent = parent,
        Scores = new Dictionary<string, double> { ["kl_div"] = 0.1 + 0.2, ["lm_loss"] = parent ? 0 : double.NaN },
        Costs = new Dictionary<string, double> { ["runtime_ms@chat.b4"] = 1 / 3.0, ["num_params"] = 1e12 },
    };

    private static string Solution(int layer, string block, double kl) => new JsonObject
    {
        ["kl_div"] = new JsonObject { ["avg"] = kl, ["per_sample"] = new JsonArray(kl) },
        ["token_accuracy_top_1"] = new JsonObject { ["avg"] = 0.5 },
        ["puzzle_solution"] = new JsonObject { ["single_sequence_replacement"] = new JsonObject { ["parent_layer_indices"] = new JsonArray(layer), ["child_block_configs"] = new JsonArray(JsonNode.Parse(block)) } },
    }.ToJsonString();

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }
}
