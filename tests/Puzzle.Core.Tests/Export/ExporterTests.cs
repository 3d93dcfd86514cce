using Puzzle.Core.Checkpoints;
using Puzzle.Core.Errors;
using Puzzle.Core.Export;
using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Search;
using Puzzle.Core.Tests.Checkpoints;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Tests.Export;

public sealed class ExporterTests
{
    private static readonly LayerSpec[] Mixed =
    [
        new(new GroupedQuerySpec(4), new SwiGluSpec(64)), new(new NoOpAttentionSpec(), new SwiGluSpec(96)),
        new(new GroupedQuerySpec(1), new NoOpFeedForwardSpec()), new(new GroupedQuerySpec(8), new SwiGluSpec(256)),
    ];

    [Theory]
    [InlineData("hf")]
    [InlineData("hf-inflated")]
    [InlineData("anymodel")]
    [InlineData("anymodel-vllm")]
    public void A_folder_is_compared_with_the_child_and_its_card_says_how_it_went(string format)
    {
        using var folder = new TemporaryFolder();
        var child = Child(folder, Mixed);
        var path = Path.Combine(folder.Path, "out");
        var record = new FolderExporter(ExportNames.Format(format)).Write(child, path, WeightsType.F32, "---\ntags:\n- puzzle\n---\n\n# Child\n");
        Assert.InRange(record.LargestDifference!.Value, 0, 1e-4);
        var card = File.ReadAllText(Path.Combine(path, "README.md"));
        Assert.StartsWith("---\ntags:", card, StringComparison.Ordinal);
        Assert.Contains($"Written as `{format}`, weights in F32", card, StringComparison.Ordinal);
        Assert.Contains("| Puzzle |", card, StringComparison.Ordinal);
        Assert.Equal("{\"a\": 1}", File.ReadAllText(Path.Combine(path, "special_tokens_map.json")));
        using var written = CheckpointFile.Open(path);
        Assert.Equal(4, written.Config.Layers.Count);
        if (format.StartsWith("anymodel", StringComparison.Ordinal))
            Assert.Equal(Mixed, written.Config.Layers);
    }

    [Fact]
    public void The_plain_form_is_for_children_whose_layers_are_alike()
    {
        using var folder = new TemporaryFolder();
        var exporter = new FolderExporter(ExportKind.HfLlama);
        var alike = Child(folder, [Mixed[0], Mixed[0]]);
        exporter.Write(alike, Path.Combine(folder.Path, "plain"), WeightsType.BF16, "");
        Assert.Contains("LlamaForCausalLM", File.ReadAllText(Path.Combine(folder.Path, "plain", "config.json")), StringComparison.Ordinal);
        Assert.Contains("layer", Assert.Throws<RecipeException>(() => exporter.Write(Child(folder, Mixed, "mixed"), Path.Combine(folder.Path, "no"), null, "")).Message, StringComparison.Ordinal);
        Assert.False(Path.Exists(Path.Combine(folder.Path, "no")));
    }

    [Fact]
    public void A_gguf_file_has_its_card_beside_it_and_what_an_engine_found()
    {
        using var folder = new TemporaryFolder();
        var child = Child(folder, Mixed);
        var file = Path.Combine(folder.Path, "child.gguf");
        var record = new GgufExporter().Write(child, file, WeightsType.F16, "");
        Assert.InRange(record.LargestDifference!.Value, 0, 0.05);
        Assert.Contains("Written as `gguf`, weights in F16", File.ReadAllText(Path.ChangeExtension(file, ".md")), StringComparison.Ordinal);
        Assert.Throws<RecipeException>(() => ExportNames.Type("q4_k"));
    }

    [Fact]
    public void An_engine_that_says_something_else_stops_the_export()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "child.gguf");
        var error = Assert.Throws<BadInputException>(() => new GgufExporter(() => new Wrong()).Write(Child(folder, Mixed), file, WeightsType.F32, ""));
        Assert.Contains("in a wrong engine", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Path, "*.gguf*"));
    }

    [Fact]
    public void Linear_subblocks_are_refused_by_name_where_there_is_no_form_for_them()
    {
        using var folder = new TemporaryFolder();
        var child = Child(folder, [Mixed[0], new(new LinearAttentionSpec(), new SwiGluSpec(64)), new(new GroupedQuerySpec(4), new LinearFeedForwardSpec())]);
        foreach (var exporter in new IExporter[] { new FolderExporter(ExportKind.HfInflated), new FolderExporter(ExportKind.AnyModelVllm), new GgufExporter() })
            Assert.Contains("linear", Assert.Throws<RecipeException>(() => exporter.Write(child, Path.Combine(folder.Path, "no"), null, "")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_parent_with_norms_of_q_and_k_has_no_form_for_some_targets()
    {
        var parent = TinyModel.Config() with { Family = "qwen3", QkNorm = true };
        Recipe With(ServingTarget target, bool homogeneous = false) => new() { Parent = "x", Export = new() { Targets = [target] }, Solve = new() { Homogeneous = homogeneous } };
        foreach (var target in new[] { ServingTarget.LlamaCpp, ServingTarget.Transformers, ServingTarget.TensorRtLlm })
            Assert.Contains("qwen3 has norms", Assert.Throws<RecipeException>(() => ExportTargets.Check(With(target), parent)).Message, StringComparison.Ordinal);
        ExportTargets.Check(With(ServingTarget.Vllm), parent);
        ExportTargets.Check(With(ServingTarget.LlamaCpp, homogeneous: true), parent);
        ExportTargets.Check(With(ServingTarget.LlamaCpp), TinyModel.Config());
    }

    [Fact]
    public void Settings_of_generation_are_carried_and_the_ids_are_the_models_own()
    {
        using var folder = new TemporaryFolder();
        var child = Child(folder, Mixed);
        File.WriteAllText(Path.Combine(child, "generation_config.json"), """{"temperature": 0.6, "top_p": 0.95, "eos_token_id": [3, 5]}""");
        var path = Path.Combine(folder.Path, "out");
        new FolderExporter(ExportKind.Hf).Write(child, path, WeightsType.F32, "");
        using var written = System.Text.Json.JsonDocument.Parse(File.ReadAllText(Path.Combine(path, "generation_config.json")));
        Assert.Equal(0.6, written.RootElement.GetProperty("temperature").GetDouble());
        Assert.Equal([3, 5], written.RootElement.GetProperty("eos_token_id").EnumerateArray().Select(id => id.GetInt32()));
        File.WriteAllText(Path.Combine(child, "generation_config.json"), "[]");
        Assert.Throws<BadInputException>(() => new FolderExporter(ExportKind.Hf).Write(child, path, WeightsType.F32, ""));
    }

    [Fact]
    public void The_card_names_the_parent_on_the_hub_where_that_is_known()
    {
        using var folder = new TemporaryFolder();
        var path = Child(folder, Mixed, Path.Combine("models--some-lab--Model-1B", "snapshots", "0123"));
        using (var parent = CheckpointFile.Open(path))
        {
            Assert.Equal("other/name", ParentOrigin.Of("other/name@main", parent).BaseModel);
            Assert.Equal("some-lab/Model-1B", ParentOrigin.Of(path, parent).BaseModel);
            Assert.Null(ParentOrigin.Of(path, parent).License);
        }

        File.WriteAllText(Path.Combine(path, "README.md"), "---\nlanguage: en\nlicense: 'apache-2.0'\n---\nlicense: no\n");
        using (var parent = CheckpointFile.Open(path))
            Assert.Equal("apache-2.0", ParentOrigin.Of(path, parent).License);
        var plain = Child(folder, Mixed);
        using (var parent = CheckpointFile.Open(plain))
            Assert.Null(ParentOrigin.Of(plain, parent).BaseModel);
        var config = Path.Combine(plain, "config.json");
        File.WriteAllText(config, $"{{\"_name_or_path\": \"lab/small\",{File.ReadAllText(config)[1..]}");
        using (var parent = CheckpointFile.Open(plain))
            Assert.Equal("lab/small", ParentOrigin.Of(plain, parent).BaseModel);
    }

    private static string Child(TemporaryFolder folder, LayerSpec[] layers, string name = "child")
    {
        var path = Path.Combine(folder.Path, name);
        var config = TinyModel.Config(layers);
        using var model = TinyModel.Create(config);
        ChildFolderWriter.Write(path, config, Puzzle.Core.Library.TensorReader.Of(model.Named()), new() { Type = StoredType.F32, Files = new Dictionary<string, string> { ["special_tokens_map.json"] = "{\"a\": 1}" } });
        return path;
    }

    private sealed class Wrong : IEngineCheck
    {
        public string Name => "a wrong engine";

        public float[] LogProbabilities(string file, IReadOnlyList<int> ids) => new float[ids.Count * 96];
    }
}
