using System.Text.Json;
using CsCheck;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Errors;
using Puzzle.Core.Models;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Tests.Checkpoints;

public class ChildFolderWriterTests
{
    [Fact]
    public void NemotronNasFoldersAreReadBackEqual() =>
        Gen.Select(ArchitectureSamples.NemotronNas, Gen.Int).Sample((config, seed) => RoundTrip(config, ChildFormat.NemotronNas, seed), iter: 60);

    [Fact]
    public void VllmsAnyModelIsReadBackEqual() =>
        Gen.Select(ArchitectureSamples.WithoutLinears, Gen.Int).Sample((config, seed) => RoundTrip(config, ChildFormat.AnyModelVllm, seed), iter: 40);

    [Fact]
    public void PuzzletronsAnyModelIsReadBackEqual() =>
        Gen.Select(ArchitectureSamples.NemotronNas.Where(config => config.Layers.All(layer => layer.Attention is not GroupedQuerySpec { Window: not null })), Gen.Int)
            .Sample((config, seed) => RoundTrip(config, ChildFormat.AnyModel, seed), iter: 40);

    [Theory]
    [InlineData("llama-mha")]
    [InlineData("llama-gqa-llama3rope")]
    [InlineData("llama-linear-rope")]
    [InlineData("llama-bias")]
    [InlineData("mistral-sliding")]
    [InlineData("qwen2")]
    [InlineData("qwen2-sliding")]
    [InlineData("qwen3")]
    public void EveryFamilyIsReadBackEqualInItsOwnClass(string name)
    {
        var config = HuggingFaceConfig.Read(Shared.Golden("families", name, "config.json"));
        RoundTrip(config, ChildFormat.Plain, 1);
        RoundTrip(config, ChildFormat.AnyModel, 2);
        RoundTrip(config, ChildFormat.AnyModelVllm, 3);
    }

    [Theory]
    [InlineData("mistral-sliding")]
    [InlineData("qwen2")]
    [InlineData("qwen2-sliding")]
    public void OtherFamiliesAreReadBackEqualFromNemotronNas(string name) =>
        RoundTrip(HuggingFaceConfig.Read(Shared.Golden("families", name, "config.json")), ChildFormat.NemotronNas, 1);

    [Fact]
    public void Qwen3HasNoNemotronNasForm()
    {
        using var folder = new TemporaryFolder();
        var config = HuggingFaceConfig.Read(Shared.Golden("families", "qwen3", "config.json"));
        var error = Assert.Throws<RecipeException>(() => ChildFolderWriter.Write(Path.Combine(folder.Path, "child"), config, ArchitectureSamples.Weights(1)));
        Assert.Contains("qwen3", error.Message);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void InflatedFoldersHoldEqualLayersWithTheSameKvHeadsRepeated() => ArchitectureSamples.WithoutLinears.Sample(config =>
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "inflated");
        var weights = ArchitectureSamples.Weights(3);
        ChildFolderWriter.Write(path, config, weights, new() { Format = ChildFormat.Inflated, Type = StoredType.F32, InflateTo = (8, 128) });
        using var inflated = HuggingFaceFolder.Open(path);
        Assert.All(inflated.Config.Layers, layer => Assert.Equal(new(new GroupedQuerySpec(8), new SwiGluSpec(128)), layer));
        for (var i = 0; i < config.Layers.Count; i++)
        {
            var down = new float[config.HiddenSize * 128];
            inflated.Read($"model.layers.{i}.mlp.down_proj.weight", down);
            var width = (config.Layers[i].FeedForward as SwiGluSpec)?.IntermediateSize ?? 0;
            var source = new float[config.HiddenSize * width];
            if (width > 0)
                weights($"model.layers.{i}.mlp.down_proj.weight", source);
            for (var row = 0; row < config.HiddenSize; row++)
            {
                Assert.Equal(source.AsSpan(row * width, width), down.AsSpan(row * 128, width));
                Assert.False(down.AsSpan(row * 128 + width, 128 - width).ContainsAnyExcept(0f));
            }

            if (config.Layers[i].Attention is GroupedQuerySpec { KvHeads: var kvHeads })
            {
                var (head, keys) = (config.HeadDim * config.HiddenSize, new float[8 * config.HeadDim * config.HiddenSize]);
                inflated.Read($"model.layers.{i}.self_attn.k_proj.weight", keys);
                var original = new float[kvHeads * head];
                weights($"model.layers.{i}.self_attn.k_proj.weight", original);
                for (var query = 0; query < 8; query++)
                    Assert.Equal(original.AsSpan(query / (8 / kvHeads) * head, head), keys.AsSpan(query * head, head));
            }
        }
    }, iter: 20);

    [Fact]
    public void EveryMultipleOf256IsSaidExactlyByItsMultiplier()
    {
        for (var hidden = 512; hidden <= 16384; hidden += 64)
        {
            for (var width = 256; width <= 32768; width += 256)
            {
                var multiplier = FfnMultiplier.FromWidth(width, hidden);
                Assert.NotNull(multiplier);
                Assert.Equal(width, FfnMultiplier.ToWidth(multiplier.Value, hidden));
            }
        }

        Assert.Null(FfnMultiplier.FromWidth(1000, 512));
    }

    [Fact]
    public void WidthsThatTheMultiplierCannotSayAreRefusedWithTheNearest()
    {
        var config = TinyModel.Config(new LayerSpec(new GroupedQuerySpec(4), new SwiGluSpec(300)));
        using var folder = new TemporaryFolder();
        var error = Assert.Throws<RecipeException>(() => ChildFolderWriter.Write(
            Path.Combine(folder.Path, "child"), config, ArchitectureSamples.Weights(1), new() { OddWidths = OddWidths.Refuse }));
        Assert.Contains("300", error.Message);
        Assert.Contains("256 or 512", error.Message);
    }

    [Fact]
    public void PaddedWidthsKeepTheirColumnsAndAddZeros()
    {
        var config = TinyModel.Config(new LayerSpec(new GroupedQuerySpec(4), new SwiGluSpec(300)));
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "child");
        ChildFolderWriter.Write(path, config, ArchitectureSamples.Weights(1), new() { OddWidths = OddWidths.Pad, Type = StoredType.F32 });
        using var child = HuggingFaceFolder.Open(path);
        Assert.Equal(new SwiGluSpec(512), child.Config.Layers[0].FeedForward);
        var (gate, source) = (new float[512 * 32], new float[300 * 32]);
        child.Read("model.layers.0.mlp.gate_proj.weight", gate);
        ArchitectureSamples.Weights(1)("model.layers.0.mlp.gate_proj.weight", source);
        Assert.Equal(source, gate[..source.Length]);
        Assert.False(gate.AsSpan(source.Length).ContainsAnyExcept(0f));
    }

    [Fact]
    public void FilesThatComeWithTheChildLieInItsFolder()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "child");
        ChildFolderWriter.Write(path, TinyModel.Config(), ArchitectureSamples.Weights(1), new()
        {
            Files = new Dictionary<string, string> { ["README.md"] = "# A child\n" },
            AddFiles = temporary => File.WriteAllText(Path.Combine(temporary, "tokenizer.json"), "{}"),
        });
        Assert.Equal("# A child\n", File.ReadAllText(Path.Combine(path, "README.md")));
        Assert.Equal(
            ["README.md", "config.json", "generation_config.json", "model.safetensors", "tokenizer.json"],
            Directory.GetFiles(path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        using var config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(path, "config.json")));
        Assert.Equal("nvidia/Llama-3_1-Nemotron-51B-Instruct--modeling_decilm.DeciLMForCausalLM", config.RootElement.GetProperty("auto_map").GetProperty("AutoModelForCausalLM").GetString());
    }

    [Fact]
    public void AFailureLeavesTheOldFolderAndNothingElse()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "child");
        ChildFolderWriter.Write(path, TinyModel.Config(), ArchitectureSamples.Weights(1));
        var before = File.ReadAllBytes(Path.Combine(path, "model.safetensors"));
        var error = Assert.Throws<BadInputException>(() => ChildFolderWriter.Write(path, TinyModel.Config(), (name, values) => values.Fill(name == WeightLayout.FinalNorm ? float.NaN : 1)));
        Assert.Contains(WeightLayout.FinalNorm, error.Message);
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(path, "model.safetensors")));
        Assert.Single(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void AFolderThatIsNoModelIsLeftAlone()
    {
        using var folder = new TemporaryFolder();
        folder.File("precious.txt", "x"u8);
        Assert.Throws<RecipeException>(() => ChildFolderWriter.Write(folder.Path, TinyModel.Config(), ArchitectureSamples.Weights(1)));
        Assert.True(File.Exists(Path.Combine(folder.Path, "precious.txt")));
    }

    [Fact]
    public void ShardsAreReadBackAsOneModel()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "child");
        ChildFolderWriter.Write(path, TinyModel.Config(), ArchitectureSamples.Weights(1), new() { MaxShardBytes = 20_000, Type = StoredType.F16 });
        Assert.True(Directory.GetFiles(path, "model-0*.safetensors").Length > 2);
        using var child = HuggingFaceFolder.Open(path);
        AssertEqualWeights(child, ArchitectureSamples.Weights(1));
    }

    private static void RoundTrip(ModelConfig config, ChildFormat format, int seed)
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "child");
        ChildFolderWriter.Write(path, config, ArchitectureSamples.Weights(seed), new() { Format = format });
        using var child = HuggingFaceFolder.Open(path);
        Assert.Equal(config.Text(), child.Config.Text());
        Assert.Equal(WeightLayout.Of(config).Select(tensor => tensor.Name), child.Tensors.Keys);
        AssertEqualWeights(child, ArchitectureSamples.Weights(seed));
    }

    private static void AssertEqualWeights(HuggingFaceFolder child, ReadTensor weights)
    {
        foreach (var (name, info) in child.Tensors)
        {
            var (stored, original) = (new float[info.Count], new float[info.Count]);
            child.Read(name, stored);
            weights(name, original);
            Assert.Equal(original, stored);
        }
    }
}
