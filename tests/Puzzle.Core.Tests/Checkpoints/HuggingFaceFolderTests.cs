using Puzzle.Core.Checkpoints;
using Puzzle.Core.Errors;
using Puzzle.Core.Models;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Tests.Checkpoints;

public class HuggingFaceFolderTests
{
    public static TheoryData<string> Families => new(
        "llama-mha", "llama-gqa-llama3rope", "llama-gqa-bf16", "llama-gqa-f16", "llama-linear-rope", "llama-bias", "llama-sharded",
        "mistral-sliding", "qwen2", "qwen2-sliding", "qwen3");

    [Theory]
    [MemberData(nameof(Families))]
    public void TheClassicLayoutAndThatOfTransformers5SayTheSame(string name) => Assert.Equal(
        HuggingFaceConfig.Read(Shared.Golden("families", name, "config.json")).Text(),
        HuggingFaceConfig.Read(Shared.Golden("families", name, "config.v5.json")).Text());

    [Theory]
    [MemberData(nameof(Families))]
    public void EveryTensorOfEveryFamilyIsFound(string name)
    {
        using var model = HuggingFaceFolder.Open(Shared.Path("golden", "families", name));
        foreach (var (tensor, info) in model.Tensors)
            model.Read(tensor, new float[info.Count]);
    }

    [Fact]
    public void FamiliesDifferWhereTheirFactsDo()
    {
        Assert.Equal([new(2, 8), new(2, 8), new(2, 8)], Attention("mistral-sliding"));
        Assert.Equal([new(2), new(2), new(2)], Attention("qwen2"));
        Assert.Equal([new(2), new(2, 8), new(2, 8)], Attention("qwen2-sliding"));
        Assert.Equal([new(1), new(1), new(1)], Attention("llama-linear-rope"));
        var (qwen2, qwen3, bias) = (Config("qwen2"), Config("qwen3"), Config("llama-bias"));
        Assert.Equal((true, false, false, false), (qwen2.QkvBias, qwen2.OutputBias, qwen2.MlpBias, qwen2.QkNorm));
        Assert.Equal((false, false, false, true, 20), (qwen3.QkvBias, qwen3.OutputBias, qwen3.MlpBias, qwen3.QkNorm, qwen3.HeadDim));
        Assert.Equal((true, true, true, false), (bias.QkvBias, bias.OutputBias, bias.MlpBias, bias.QkNorm));
        Assert.Equal(new("linear", 4), Config("llama-linear-rope").RopeScaling);
        Assert.Equal(new("llama3", 8, 1, 4, 64), Config("llama-gqa-llama3rope").RopeScaling);

        static ModelConfig Config(string name) => HuggingFaceConfig.Read(Shared.Golden("families", name, "config.json"));
        static IEnumerable<GroupedQuerySpec> Attention(string name) => Config(name).Layers.Select(layer => (GroupedQuerySpec)layer.Attention);
    }

    [Theory]
    [InlineData("mixed-gqa-width", "gqa_1 + ffn_256, gqa_4 + ffn_512, gqa_2 + ffn_256, gqa_8 + ffn_768")]
    [InlineData("no-ops", "gqa_4 + ffn_256, attn_no_op + ffn_256, gqa_2 + ffn_no_op, attn_no_op + ffn_no_op, attn_no_op + ffn_512, gqa_1 + ffn_256")]
    [InlineData("no-op-first-layer", "attn_no_op + ffn_256, gqa_4 + ffn_256, gqa_2 + ffn_no_op")]
    [InlineData("linears", "gqa_4 + ffn_linear, attn_linear + ffn_256, attn_linear + ffn_linear, attn_no_op + ffn_linear, attn_linear + ffn_no_op, gqa_1 + ffn_512")]
    public void LayersOfNemotronNasAreWhatTheReferenceSays(string name, string layers)
    {
        using var model = HuggingFaceFolder.Open(Shared.Golden("heterogeneous", name));
        Assert.Equal(layers, string.Join(", ", model.Config.Layers));
        foreach (var (tensor, info) in model.Tensors)
            model.Read(tensor, new float[info.Count]);
    }

    [Fact]
    public void EndIdsForGenerationAreThoseOfTheGenerationConfig()
    {
        using var folder = new TemporaryFolder();
        folder.File("config.json", File.ReadAllBytes(Shared.Golden("families", "llama-mha", "config.json")));
        Assert.Equal([2], HuggingFaceFolder.ReadConfig(folder.Path).EosTokenIds);
        folder.File("generation_config.json", """{"eos_token_id": [7, 9, 100000]}"""u8);
        Assert.Equal([7, 9], HuggingFaceFolder.ReadConfig(folder.Path).EosTokenIds);
    }

    [Fact]
    public void TheHashIsOfTheWeightsNotOfTheFiles()
    {
        using var folder = new TemporaryFolder();
        string Write(string name, int seed, long shard, StoredType type)
        {
            var path = Path.Combine(folder.Path, name);
            ChildFolderWriter.Write(path, TinyModel.Config(), ArchitectureSamples.Weights(seed), new() { MaxShardBytes = shard, Type = type });
            using var model = HuggingFaceFolder.Open(path);
            Assert.Equal(model.ContentHash, model.ContentHash);
            return model.ContentHash;
        }

        var hash = Write("one", 1, 1 << 30, StoredType.BF16);
        Assert.Equal(hash, Write("sharded", 1, 10_000, StoredType.BF16));
        Assert.NotEqual(hash, Write("other", 2, 1 << 30, StoredType.BF16));
        Assert.NotEqual(hash, Write("wider", 1, 1 << 30, StoredType.F32));
    }

    [Fact]
    public void WeightsThatTheConfigurationDoesNotSayAreRefused()
    {
        using var folder = new TemporaryFolder();
        var config = TinyModel.Config();
        var tensors = WeightLayout.Of(config with { QkvBias = true, OutputBias = true }).Select(tensor => new TensorInfo(tensor.Name, StoredType.F32, tensor.Shape)).ToList();
        var path = Path.Combine(folder.Path, "child");
        ChildFolderWriter.Write(path, config, ArchitectureSamples.Weights(1));
        SafetensorsWriter.WriteModel(path, tensors, ArchitectureSamples.Weights(1));
        Assert.Contains("q_proj.bias", Assert.Throws<BadInputException>(() => HuggingFaceFolder.Open(path)).Message);
    }

    [Fact]
    public void PickledWeightsAreNamed()
    {
        using var folder = new TemporaryFolder();
        folder.File("config.json", File.ReadAllBytes(Shared.Golden("families", "llama-mha", "config.json")));
        folder.File("pytorch_model.bin", "x"u8);
        Assert.Contains("convert it to safetensors", Assert.Throws<BadInputException>(() => HuggingFaceFolder.Open(folder.Path)).Message);
    }
}
