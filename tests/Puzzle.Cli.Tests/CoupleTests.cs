using System.Text.Json.Nodes;
using Puzzle.Core.Checkpoints;

namespace Puzzle.Cli.Tests;

/// <summary>Pairs of subblocks trained together in runs.</summary>
public class CoupleTests
{
    [Fact]
    public void TwoStagesTrainThePairsThatSolutionsUseAndTheChildIsMadeOfThem()
    {
        using var tiny = new TinyParent();
        string[] run = ["run", tiny.PathOf("recipe.yaml"), "--set", $"output={tiny.PathOf("out")}", "--set", "distill.mode=two_stage", "--set", "target.scenarios.0.limits.max_params=35%", "--until", "stitch", "--json"];
        var first = Tool.Run(run);
        Assert.True(first.ExitCode == 0, first.Error);
        var shrunk = Json(tiny, "couple/shrunk.done.json")["record"]!.AsArray();
        var pairs = Json(tiny, "couple/pairs.json")["pairs"]!.AsArray();
        Assert.NotEmpty(pairs);
        Assert.Equal(shrunk.Sum(layer => layer!.AsArray().Count), pairs.Count);
        Assert.All(pairs, pair => Assert.True((double)pair!["after"]! <= (double)pair["before"]!));
        Assert.Contains(pairs, pair => (double)pair!["after"]! < (double)pair["before"]!);

        // The child has the weights that the pair learned together.
        var chosen = Json(tiny, "solve/solution.json")["solutions"]![0]!["layers"]!.AsArray();
        var layers = pairs.Select(pair => pair!["score"]!).Where(score => JsonNode.DeepEquals(score["spec"], chosen[(int)score["layer"]!])).ToArray();
        Assert.NotEmpty(layers);
        using var child = CheckpointFile.Open(tiny.PathOf("out/stitch/child"));
        var compared = 0;
        foreach (var score in layers)
        {
            var prefix = $"layer-{(int)score["layer"]!:00}.";
            var file = Assert.Single(Directory.EnumerateFiles(tiny.PathOf("out/couple"), prefix + "*.safetensors"), path => IsOf(path, score["spec"]!));
            using var library = SafetensorsFile.Open(file);
            foreach (var name in library.Tensors.Keys)
            {
                var (own, kept) = (new float[library.Tensors[name].Count], new float[library.Tensors[name].Count]);
                library.Read(name, own);
                var inChild = $"model.layers.{(int)score["layer"]!}.{name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..]}";
                if (!child.Tensors.ContainsKey(inChild))
                    continue;
                child.Read(inChild, kept);
                Assert.Equal(own, kept);
                compared++;
            }
        }

        Assert.True(compared > 0);

        // Nothing is redone; what a kill took is made again, to the bit.
        var before = TinyParent.Bytes(tiny.PathOf("out/couple"));
        Assert.Empty(Tool.Run(run).Json["ran"]!.AsArray());
        File.Delete(tiny.PathOf("out/couple/done.json"));
        var lost = Path.GetFileName(Directory.EnumerateFiles(tiny.PathOf("out/couple"), "layer-*.done.json").Order(StringComparer.Ordinal).Last());
        File.Delete(tiny.PathOf("out/couple/" + lost));
        Assert.Equal(["couple"], Tool.Run(run).Json["ran"]!.AsArray().Select(stage => (string)stage!));
        var after = TinyParent.Bytes(tiny.PathOf("out/couple"));
        before.Remove("done.json");
        after.Remove("done.json");
        Assert.Equal(before, after);

        // Back to decoupled, the subblocks' own weights are there again and the pairs are gone.
        var plain = Tool.Run([.. run, "--set", "distill.mode=decoupled"]);
        Assert.True(plain.ExitCode == 0, plain.Error);
        Assert.DoesNotContain("distill", plain.Json["ran"]!.AsArray().Select(stage => (string)stage!));
        Assert.Empty(Directory.EnumerateFiles(tiny.PathOf("out/couple"), "*.safetensors"));
    }

    [Fact]
    public void CoupledTrainsEveryPair()
    {
        using var tiny = new TinyParent();
        var run = Tool.Run("run", tiny.PathOf("recipe.yaml"), "--set", $"output={tiny.PathOf("out")}", "--set", "distill.mode=coupled", "--set", "distill.shrink.tokens=2K", "--until", "solve", "--json");
        Assert.True(run.ExitCode == 0, run.Error);
        // Three attentions by three networks but the parent's, less the pair of no-ops, in three layers.
        var table = Json(tiny, "couple/pairs.json");
        Assert.Equal(3 * 8, table["pairs"]!.AsArray().Count);
        Assert.InRange((long)table["tokens"]!, 1_900, 2_100);
    }

    private static JsonObject Json(TinyParent tiny, string path) => JsonNode.Parse(File.ReadAllText(tiny.PathOf("out/" + path)))!.AsObject();

    // layer-00.gqa_2.ffn_32.safetensors against {attention: {kind: gqa, kv_heads: 2}, ...}.
    private static bool IsOf(string path, JsonNode spec)
    {
        var parts = Path.GetFileName(path).Split('.');
        return parts[1] == Id(spec["attention"]!) && parts[2] == Id(spec["feed_forward"]!);
    }

    private static string Id(JsonNode spec) => (string)spec["kind"]! switch
    {
        "gqa" => $"gqa_{spec["kv_heads"]}",
        "swiglu" => $"ffn_{spec["intermediate_size"]}",
        "linear_attention" => "attn_linear",
        "linear_ffn" => "ffn_linear",
        "no_op_attention" => "attn_no_op",
        _ => "ffn_no_op",
    };
}
