using System.Text.Json.Nodes;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Core.Tests.Models;

/// <summary>The real parents against transformers: log-probabilities, losses, hidden states, greedy continuations.</summary>
public class GoldenModelTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("stories260K", 2e-4)]
    [InlineData("tinystories-656K", 2e-4)]
    [InlineData("smollm2-135m-instruct", 1e-3)]
    public void TheParentIsTransformersOwn(string name, double logitTolerance)
    {
        using var noGrad = no_grad();
        var folder = Shared.Path("golden", "models", name);
        var facts = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "model.json")))!;
        using var checkpoint = CheckpointFile.Open(Model(facts["model"]!.GetValue<string>()));
        using var model = ModelLoader.Load(checkpoint);
        using var expected = SafetensorsFile.Open(Path.Combine(folder, "expected.safetensors"));
        using var hidden = SafetensorsFile.Open(Path.Combine(folder, "hidden.safetensors"));
        using var losses = SafetensorsFile.Open(Path.Combine(folder, "nll.safetensors"));
        var logits = CompareTexts(model, facts, expected);
        var states = CompareHidden(model, facts, hidden);
        var (worst, mean) = CompareLosses(model, losses);
        output.WriteLine($"{name}: logits {logits:E2}, hidden (relative) {states:E2}, NLL {worst:E2} a token, {mean:E2} in the mean");
        Assert.True(logits <= logitTolerance, $"logits differ by {logits}");
        Assert.True(states <= 2e-5, $"hidden states differ by {states} of their norm");
        Assert.True(worst <= 1e-3 && mean <= 1e-5, $"NLL differs by {worst} a token, {mean} in the mean");
        foreach (var greedy in facts["greedy"]!.AsArray())
            Assert.Equal(Ids(greedy!["continuation"]!), Greedy(model, Ids(greedy["ids"]!), 64));
    }

    private static double CompareTexts(Transformer model, JsonNode facts, SafetensorsFile expected)
    {
        double worst = 0;
        foreach (var (text, value) in facts["texts"]!.AsObject())
        {
            using var scope = NewDisposeScope();
            var logits_TV = model.Forward(tensor(Ids(value!["ids"]!)).unsqueeze(0))[0];
            var logProbabilities = nn.functional.log_softmax(logits_TV, -1).gather(1, Integers(expected, $"{text}.top20_ids"));
            worst = Math.Max(worst, (logProbabilities - GoldenFamilyTests.Tensor(expected, $"{text}.top20_logprobs")).abs().max().item<float>());
            worst = Math.Max(worst, (logits_TV[-1] - GoldenFamilyTests.Tensor(expected, $"{text}.last_logits")).abs().max().item<float>());
        }

        return worst;
    }

    // Per position, the norm of the difference as a share of the state's norm: massive activations make absolute tolerances useless.
    private static double CompareHidden(Transformer model, JsonNode facts, SafetensorsFile hidden)
    {
        using var scope = NewDisposeScope();
        var ids_BT = tensor(Ids(facts["hidden_prompt"]!["ids"]!)).unsqueeze(0);
        using var context = model.Begin(1, ids_BT.shape[1]);
        var x_BTD = model.Embed(ids_BT);
        double worst = 0;
        for (var layer = 0; layer <= model.Blocks.Count; layer++)
        {
            Compare($"hidden.{layer}", x_BTD);
            if (layer < model.Blocks.Count)
                x_BTD = model.Blocks[layer].Forward(x_BTD, context, layer);
        }

        Compare("final_norm", model.Normalise(x_BTD));
        return worst;

        void Compare(string name, Tensor actual)
        {
            var expected = GoldenFamilyTests.Tensor(hidden, name);
            worst = Math.Max(worst, ((actual[0] - expected).norm(-1) / expected.norm(-1)).max().item<float>());
        }
    }

    private static (double Worst, double Mean) CompareLosses(Transformer model, SafetensorsFile losses)
    {
        double worst = 0, sum = 0, expectedSum = 0;
        long count = 0;
        foreach (var set in losses.Tensors.Keys.Where(key => key.EndsWith(".ids", StringComparison.Ordinal)).Select(key => key[..^4]))
        {
            using var scope = NewDisposeScope();
            var ids = Integers(losses, $"{set}.ids");
            var expected = GoldenFamilyTests.Tensor(losses, $"{set}.nll");
            var logProbabilities = nn.functional.log_softmax(model.Forward(ids.unsqueeze(0))[0], -1);
            var nll = -logProbabilities.narrow(0, 0, ids.shape[0] - 1).gather(1, ids.narrow(0, 1, ids.shape[0] - 1).unsqueeze(1)).squeeze(1);
            worst = Math.Max(worst, (nll - expected).abs().max().item<float>());
            sum += nll.sum(ScalarType.Float64).item<double>();
            expectedSum += expected.sum(ScalarType.Float64).item<double>();
            count += expected.shape[0];
        }

        return (worst, Math.Abs(sum - expectedSum) / count);
    }

    private static long[] Greedy(Transformer model, long[] prompt, int count)
    {
        using var cache = new KvCache(model.Config, 1, prompt.Length + count);
        var ids = new List<long>();
        var next = prompt;
        while (ids.Count < count)
        {
            using var scope = NewDisposeScope();
            ids.Add(model.Forward(tensor(next).unsqueeze(0), null, cache)[0, -1].argmax().item<long>());
            next = [ids[^1]];
        }

        return [.. ids];
    }

    private static string Model(string path)
    {
        var full = Shared.Path(path.Split('/'));
        return full.EndsWith(".safetensors", StringComparison.Ordinal) ? Path.GetDirectoryName(full)! : full;
    }

    private static Tensor Integers(SafetensorsFile file, string name) =>
        tensor(file.ReadStored<int>(name)).to(ScalarType.Int64).view([.. file.Tensors[name].Shape]);

    private static long[] Ids(JsonNode ids) => [.. ids.AsArray().Select(id => id!.GetValue<long>())];
}
