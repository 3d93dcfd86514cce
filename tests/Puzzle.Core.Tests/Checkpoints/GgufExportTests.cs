using CsCheck;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Errors;
using Puzzle.Core.Models;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Tests.Checkpoints;

public class GgufExportTests
{
    private static readonly Gen<ModelConfig> Children = Gen.OneOf<ModelConfig>(ArchitectureSamples.WithoutLinears, ArchitectureSamples.NemotronNas)
        .Where(config => GgufExport.Problem(config) is null);

    [Fact]
    public void ChildrenAreReadBackEqual() => Gen.Select(Children, Gen.OneOf(StoredType.F32, StoredType.F16, StoredType.BF16), Gen.Int).Sample((config, type, seed) =>
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "child.gguf");
        var weights = ArchitectureSamples.Weights(seed);
        // The format keeps one of several end ids.
        config = config with { EosTokenIds = [config.EosTokenIds[0]] };
        GgufExport.Write(path, config, weights, new() { Type = type });
        using var child = GgufFile.Open(path);
        Assert.Equal(config.Text(), child.Config.Text());
        Assert.Equal(WeightLayout.Of(config).Select(tensor => tensor.Name), child.Tensors.Keys);
        foreach (var (name, info) in child.Tensors)
        {
            var (stored, original) = (new float[info.Count], new float[info.Count]);
            child.Read(name, stored);
            weights(name, original);
            Assert.Equal(original, stored);
        }
    }, iter: 100);

    [Theory]
    [InlineData("llama-mha")]
    [InlineData("llama-gqa-llama3rope")]
    [InlineData("llama-bias")]
    [InlineData("llama-linear-rope")]
    [InlineData("qwen2")]
    [InlineData("qwen3")]
    public void FamiliesKeepTheirOwnArchitectureWhereLayersAreAlike(string name)
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "child.gguf");
        var config = HuggingFaceConfig.Read(Shared.Golden("families", name, "config.json"));
        GgufExport.Write(path, config, ArchitectureSamples.Weights(1), new() { Type = StoredType.F32 });
        using var child = GgufFile.Open(path);
        Assert.Equal(ModelFamily.Find(config.Family)!.GgufArchitecture, child.Metadata.Text("general.architecture"));
        Assert.Equal(config.Text(), child.Config.Text());
    }

    [Fact]
    public void RowsOfQueriesAndKeysLieInPairs()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "child.gguf");
        var config = TinyModel.Config() with { HeadDim = 8 };
        GgufExport.Write(path, config, (name, values) =>
        {
            for (var i = 0; i < values.Length; i++)
                values[i] = i / config.HiddenSize;
        }, new() { Type = StoredType.F32 });
        using var container = GgufContainer.Open(path);
        var values = new float[64 * 32];
        Dequantizer.ToFloat(StoredType.F32, container.Bytes(container.Tensors["blk.0.attn_q.weight"], 0, values.Length * 4), values);
        Assert.Equal([0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13], Enumerable.Range(0, 12).Select(row => (int)values[row * 32]));
    }

    [Theory]
    [InlineData(StoredType.Q8_0)]
    [InlineData(StoredType.Q4_0)]
    public void QuantisedBytesAreThoseOfGgml(StoredType type)
    {
        using var container = GgufContainer.Open(Shared.Golden("gguf", "quants.gguf"));
        using var expected = SafetensorsFile.Open(Shared.Golden("gguf", "expected.safetensors"));
        var tensor = container.Tensors[type.ToString()];
        var bytes = new byte[tensor.Length];
        Quantizer.FromFloat(type, expected.ReadStored<float>("source"), bytes);
        Assert.Equal(container.Bytes(tensor, 0, bytes.Length), bytes);
    }

    [Fact]
    public void AMissingNetworkBehindALiveAttentionIsZeroInTheFileAndMissingAgainWhenRead()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "child.gguf");
        var live = new GroupedQuerySpec(4);
        var config = TinyModel.Config(
            new LayerSpec(live, new NoOpFeedForwardSpec()), new(new NoOpAttentionSpec(), new NoOpFeedForwardSpec()), new(new NoOpAttentionSpec(), new NoOpFeedForwardSpec()));
        GgufExport.Write(path, config, ArchitectureSamples.Weights(1));
        using var child = GgufFile.Open(path);
        Assert.Equal([256, 0, 256], child.Metadata.Integers("deci.feed_forward_length")!);
        Assert.Equal([8, 0, 0], child.Metadata.Integers("deci.attention.head_count")!);
        Assert.Equal(config.Text(), (child.Config with { EosTokenIds = [] }).Text());
    }

    [Fact]
    public void WhatLlamaCppCannotRunIsRefusedByName()
    {
        var swiGlu = new SwiGluSpec(64);
        var gqa = new GroupedQuerySpec(4);
        Refused("layer 1 has a linear feed-forward", new(gqa, swiGlu), new(gqa, new LinearFeedForwardSpec()));
        Refused("layer 1 has a linear attention", new(gqa, swiGlu), new(new LinearAttentionSpec(), new NoOpFeedForwardSpec()));
        Refused("layer 0", new(new NoOpAttentionSpec(), swiGlu), new(gqa, swiGlu));
        Refused("layer 1 has a sliding window", new(gqa, swiGlu), new(new GroupedQuerySpec(4, 16), swiGlu));

        static void Refused(string problem, params LayerSpec[] layers) =>
            Assert.Contains(problem, Assert.Throws<RecipeException>(() => GgufExport.Write("never.gguf", TinyModel.Config(layers), ArchitectureSamples.Weights(1))).Message);
    }

    [Fact]
    public void OtherTypesAreLeftToLlamaQuantize() => Assert.Contains(
        "llama-quantize", Assert.Throws<RecipeException>(() => GgufExport.Write("never.gguf", TinyModel.Config(), ArchitectureSamples.Weights(1), new() { Type = StoredType.Q4_K })).Message);

    [Fact]
    public void ATokenizerIsTakenOverFromAnotherFile()
    {
        var source = GgufMetadata.Read(Shared.Path("models", "stories260K", "stories260K-f32-ggufv3.gguf"));
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "child.gguf");
        GgufExport.Write(path, TinyModel.Config() with { VocabSize = 515 }, ArchitectureSamples.Weights(1), new() { Tokenizer = GgufTokenizerKeys.Copy(source) });
        var metadata = GgufMetadata.Read(path);
        Assert.Equal([.. source.Texts("tokenizer.ggml.tokens")!, "[PAD512]", "[PAD513]", "[PAD514]"], metadata.Texts("tokenizer.ggml.tokens")!);
        Assert.Equal(source.Floats("tokenizer.ggml.scores"), metadata.Floats("tokenizer.ggml.scores")![..512]);
        Assert.Equal(1, metadata.Integer("tokenizer.ggml.bos_token_id"));
    }

    [Fact]
    public void AByteLevelTokenizerIsConvertedToWhatTheParentsFileSays()
    {
        var source = GgufMetadata.Read(Shared.Path("models", "smollm2-135m-instruct", "SmolLM2-135M-Instruct.Q4_1.gguf"));
        var keys = GgufTokenizerKeys.FromFolder(Shared.Path("golden", "tokenizers", "smollm2")).ToDictionary();
        Assert.Equal("gpt2", keys["tokenizer.ggml.model"]);
        Assert.Equal("smollm", keys["tokenizer.ggml.pre"]);
        Assert.Equal(source.Texts("tokenizer.ggml.tokens"), (string[])keys["tokenizer.ggml.tokens"]);
        Assert.Equal(source.Texts("tokenizer.ggml.merges"), (string[])keys["tokenizer.ggml.merges"]);
    }

    [Fact]
    public void APieceTokenizerIsConvertedWithScoresInTheOrderOfItsMerges()
    {
        var keys = GgufTokenizerKeys.FromFolder(Shared.Path("models", "tinystories-656K")).ToDictionary();
        Assert.Equal("llama", keys["tokenizer.ggml.model"]);
        Assert.Equal(2048, ((string[])keys["tokenizer.ggml.tokens"]).Length);
        Assert.Equal(2048, ((float[])keys["tokenizer.ggml.scores"]).Length);
    }

    [Fact]
    public void FactorsOfLlama3ScalingAreFittedBack()
    {
        foreach (var scaling in (RopeScaling[])[new("llama3", 8, 1, 4, 8192), new("llama3", 32, 1, 4, 8192), new("llama3", 8, 1, 4, 64), new("llama3", 4, 1, 8, 1000)])
        {
            var factors = Llama3Factors.Compute(scaling, 500000, 128);
            var fitted = Llama3Factors.Fit(factors, 500000, 128);
            Assert.NotNull(fitted);
            var again = Llama3Factors.Compute(fitted, 500000, 128);
            for (var i = 0; i < factors.Length; i++)
                Assert.Equal(factors[i], again[i], factors[i] * 3e-6);
        }

        Assert.Null(Llama3Factors.Fit([1, 1.5f, 2, 1, 8, 3, 3, 3], 10000, 16));
    }
}
