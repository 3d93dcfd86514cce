using System.Text.Json.Nodes;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Core.Tests.Models;

/// <summary>Logits and hidden states of tiny checkpoints as transformers gives them: uniform families and heterogeneous children.</summary>
public class GoldenFamilyTests(ITestOutputHelper output)
{
    private const double Tolerance = 1e-4;

    [Theory]
    [InlineData("families", "llama-mha")]
    [InlineData("families", "llama-gqa-llama3rope")]
    [InlineData("families", "llama-gqa-bf16")]
    [InlineData("families", "llama-gqa-f16")]
    [InlineData("families", "llama-linear-rope")]
    [InlineData("families", "llama-bias")]
    [InlineData("families", "llama-sharded")]
    [InlineData("families", "mistral-sliding")]
    [InlineData("families", "qwen2")]
    [InlineData("families", "qwen2-sliding")]
    [InlineData("families", "qwen3")]
    [InlineData("heterogeneous", "mixed-gqa-width")]
    [InlineData("heterogeneous", "no-ops")]
    [InlineData("heterogeneous", "no-op-first-layer")]
    [InlineData("heterogeneous", "linears")]
    public void LogitsAndHiddenStatesAreTransformersOwn(string group, string name)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        // The repository's own copy leaves the weights of most families out, for size.
        var folder = Shared.Golden(group, name);
        if (!File.Exists(Path.Combine(folder, "expected.safetensors")))
            folder = Shared.Path("golden", group, name);
        using var checkpoint = CheckpointFile.Open(folder);
        using var model = ModelLoader.Load(checkpoint);
        using var expected = SafetensorsFile.Open(Path.Combine(folder, "expected.safetensors"));
        var input = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "input.json")))!;
        double worst = 0;
        foreach (var (key, test) in input.AsObject())
        {
            var ids_BT = Matrix(test!["input_ids"]!);
            var valid_BT = Matrix(test["attention_mask"]!).to(ScalarType.Bool);
            var padded = !valid_BT.all().item<bool>();
            var logits = model.Forward(ids_BT, padded ? valid_BT : null);
            worst = Math.Max(worst, Difference(expected, $"{key}.logits", logits, valid_BT));
            if (!expected.Tensors.ContainsKey($"{key}.hidden.0"))
                continue;
            using var context = model.Begin(ids_BT.shape[0], ids_BT.shape[1], padded ? valid_BT : null);
            var x_BTD = model.Embed(ids_BT);
            for (var layer = 0; layer <= model.Blocks.Count; layer++)
            {
                worst = Math.Max(worst, Difference(expected, $"{key}.hidden.{layer}", x_BTD, valid_BT));
                if (layer < model.Blocks.Count)
                    x_BTD = model.Blocks[layer].Forward(x_BTD, context, layer);
            }

            worst = Math.Max(worst, Difference(expected, $"{key}.final_norm", model.Normalise(x_BTD), valid_BT));
        }

        output.WriteLine($"{group}/{name}: largest difference {worst:E2}");
        Assert.True(worst <= Tolerance, $"largest difference {worst}");
    }

    internal static Tensor Tensor(SafetensorsFile file, string name)
    {
        var info = file.Tensors[name];
        var values = new float[info.Count];
        file.Read(name, values);
        return tensor(values).view([.. info.Shape]);
    }

    private static double Difference(SafetensorsFile expected, string name, Tensor actual, Tensor valid_BT) =>
        ((Tensor(expected, name) - actual).abs() * valid_BT.unsqueeze(-1)).max().item<float>();

    private static Tensor Matrix(JsonNode rows)
    {
        var values = rows.AsArray().Select(row => row!.AsArray().Select(value => value!.GetValue<long>()).ToArray()).ToArray();
        return tensor(values.SelectMany(row => row).ToArray()).view(values.Length, values[0].Length);
    }
}
