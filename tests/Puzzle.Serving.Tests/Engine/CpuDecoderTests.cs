using System.Text.Json.Nodes;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Models;
using Puzzle.Core.Variants;
using Puzzle.Serving.Engine;
using Puzzle.Serving.Kernels;
using static TorchSharp.torch;

namespace Puzzle.Serving.Tests.Engine;

/// <summary>The engine's passes against the decoder in libtorch.</summary>
public class CpuDecoderTests
{
    [Fact]
    public void LogitsAreTheDecodersForEveryMixOfVariants()
    {
        var random = new Random(11);
        for (var trial = 0; trial < 30; trial++)
        {
            using var model = RandomModels.Create(random);
            var tokens = random.Next(1, 150);
            var ids = Enumerable.Range(0, tokens).Select(_ => random.Next(96)).ToArray();
            using var packed = CpuModel.Of(model);
            using var decoder = new CpuDecoder(packed, 2, 160, new EngineOptions { Threads = 1 + trial % 2, ChunkTokens = random.Next(5, 100) });
            using var noGrad = no_grad();
            using var scope = NewDisposeScope();
            var expected = model.Forward(tensor(ids.Select(id => (long)id).ToArray()).unsqueeze(0))[0, -1].data<float>().ToArray();
            var batch = new TokenBatch(decoder.MaxTokens, 2);
            for (var at = 0; at < tokens; at += decoder.MaxTokens)
            {
                batch.Clear();
                batch.Add(1, ids.AsSpan(at, Math.Min(decoder.MaxTokens, tokens - at)), wantsLogits: true);
                decoder.Run(batch);
            }

            for (var i = 0; i < expected.Length; i++)
                Assert.True(Math.Abs(expected[i] - decoder.Logits(0)[i]) < 1e-3, $"trial {trial}, {string.Join("; ", model.Config.Layers)}: logit {i} is {decoder.Logits(0)[i]}, not {expected[i]}");
        }
    }

    [Theory]
    [InlineData("stories260K")]
    [InlineData("tinystories-656K")]
    [InlineData("smollm2-135m-instruct")]
    public void RealModelsContinueAsTransformersDoes(string name)
    {
        var facts = JsonNode.Parse(File.ReadAllText(Shared.Path("golden", "models", name, "model.json")))!;
        using var checkpoint = CheckpointFile.Open(Model(facts["model"]!.GetValue<string>()));
        using var packed = CpuModel.Load(checkpoint);
        var greedy = facts["greedy"]!.AsArray().Select(text => (Prompt: Ids(text!["ids"]!), Continuation: Ids(text["continuation"]!))).ToArray();
        using var decoder = new CpuDecoder(packed, greedy.Length, 256);
        var generated = new InferenceEngine(decoder).Run([.. greedy.Select(text => new GenerateRequest { Prompt = text.Prompt, MaxTokens = 64 })]);
        for (var i = 0; i < greedy.Length; i++)
            Assert.Equal(greedy[i].Continuation, generated[i].Ids);
    }

    [Fact]
    public void MemoryIsWhatTheArchitectureSays()
    {
        using var model = TinyModel.Create(TinyModel.Config(new LayerSpec(new GroupedQuerySpec(4), new SwiGluSpec(64)), new LayerSpec(new GroupedQuerySpec(2, Window: 32), new NoOpFeedForwardSpec())) with { HeadDim = 32, HiddenSize = 64 });
        using var packed = CpuModel.Of(model);
        using var decoder = new CpuDecoder(packed, 3, 1024);
        // A full layer keeps all 1024 tokens, the other its window and 64 more.
        Assert.Equal(3L * 2 * 32 * 4 * (4 * 1024 + 2 * (32 + 64)), decoder.Memory.Cache);
        Assert.InRange(decoder.Memory.Weights, 4 * VariantCatalogue.Parameters(model.Config), 4 * VariantCatalogue.Parameters(model.Config) * 1.5 + 1024 * 32 * 4);
    }

    [Fact]
    public void HalvedWeightsComputeWhatRoundedWeightsCompute()
    {
        using var noGrad = no_grad();
        using var model = TinyModel.Create(TinyModel.Config());
        using var packed = CpuModel.Of(model, WeightType.BF16);
        foreach (var parameter in model.Parameters.Where(parameter => parameter.dim() == 2))
            parameter.copy_(parameter.to(ScalarType.BFloat16).to(ScalarType.Float32));
        using var exact = CpuModel.Of(model);
        using var a = new CpuDecoder(packed, 1, 64);
        using var b = new CpuDecoder(exact, 1, 64);
        var batch = new TokenBatch(64, 1);
        batch.Add(0, [1, 2, 3, 4, 5], wantsLogits: true);
        a.Run(batch);
        b.Run(batch);
        Assert.Equal(b.Logits(0).ToArray(), a.Logits(0).ToArray());
    }

    private static string Model(string path)
    {
        var full = Shared.Path(path.Split('/'));
        return full.EndsWith(".safetensors", StringComparison.Ordinal) ? Path.GetDirectoryName(full)! : full;
    }

    private static int[] Ids(JsonNode node) => [.. node.AsArray().Select(id => id!.GetValue<int>())];
}
