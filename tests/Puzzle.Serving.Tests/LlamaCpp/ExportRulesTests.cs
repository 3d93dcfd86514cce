using Puzzle.Core.Checkpoints;
using Puzzle.Core.Errors;
using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Export;
using Puzzle.Core.Tests;
using Puzzle.Core.Variants;
using Puzzle.Serving.LlamaCpp;

namespace Puzzle.Serving.Tests.LlamaCpp;

/// <summary>The rules for llama.cpp against the engine itself: what they forbid is refused by it, or comes out wrong.</summary>
public sealed class ExportRulesTests : IDisposable
{
    private static readonly LayerSpec Live = new(new GroupedQuerySpec(4), new SwiGluSpec(64));

    private readonly string _folder = Directory.CreateTempSubdirectory("puzzle-").FullName;

    public static TheoryData<string> Forbidden => ["live attention without network", "linear attention without network", "no attention in layer 0", "sliding window", "norms of q and k"];

    [Theory]
    [MemberData(nameof(Forbidden))]
    public void What_a_rule_forbids_is_refused_or_wrong_in_the_engine(string rule)
    {
        var library = Interop.Library();
        var gqa = (GroupedQuerySpec)Live.Attention;
        LayerSpec[] layers = rule switch
        {
            "live attention without network" => [Live, new(gqa, new NoOpFeedForwardSpec()), Live],
            "last layer without network" => [Live, new(gqa, new NoOpFeedForwardSpec())],
            "linear attention without network" => [Live, new(new LinearAttentionSpec(), new NoOpFeedForwardSpec()), Live],
            "no attention in layer 0" => [new(new NoOpAttentionSpec(), Live.FeedForward), Live],
            "sliding window" => [Live, new(gqa with { Window = 4 }, Live.FeedForward), Live],
            _ => [Live, new(new GroupedQuerySpec(2), new SwiGluSpec(96))],
        };
        var config = Children.Random(new Random(1)) with { Layers = layers, Heads = 4, HeadDim = 8, RopeScaling = null, QkNorm = rule == "norms of q and k" };
        var weights = Children.Weights(config, 5);
        using var child = ModelLoader.Load(new MemoryCheckpoint(config, weights));
        int[] ids = [.. Enumerable.Range(0, 48).Select(i => i * 31 % 96)];
        var expected = Comparison.LogProbabilities(child, ids);
        var file = Path.Combine(_folder, "forbidden.gguf");
        GgufExport.Write(file, config, weights, new() { Type = StoredType.F32, KeepsRules = false });
        try
        {
            var (model, session) = Comparison.Open(library, file);
            using (model)
            using (session)
                Assert.True(Comparison.Largest(expected, Comparison.LogProbabilities(session, ids)) > 0.05, $"{rule}: the engine computes it after all");
        }
        catch (PuzzleException)
        {
            // Refused by the engine itself.
        }
    }

    [Fact]
    public void Linear_attention_is_allowed_in_layer_0()
    {
        var library = Interop.Library();
        var config = Children.Random(new Random(1)) with { Layers = [new(new LinearAttentionSpec(), Live.FeedForward), Live], Heads = 4, HeadDim = 8, RopeScaling = new RopeScaling("llama3", 8, 1, 4, 32), QkNorm = false };
        Assert.NotNull(GgufExport.Problem(config with { Layers = [config.Layers[0]] }));
        using var child = ModelLoader.Load(new MemoryCheckpoint(config, Children.Weights(config, 5)));
        int[] ids = [.. Enumerable.Range(0, 48).Select(i => i * 31 % 96)];
        var file = Path.Combine(_folder, "linear.gguf");
        GgufExport.Write(file, config, Children.Weights(config, 5), new() { Type = StoredType.F32 });
        var (model, session) = Comparison.Open(library, file);
        using (model)
        using (session)
            Assert.InRange(Comparison.Largest(Comparison.LogProbabilities(child, ids), Comparison.LogProbabilities(session, ids)), 0, 1e-3);
    }

    [Fact]
    public void Linear_networks_become_something_that_the_engine_computes()
    {
        var library = Interop.Library();
        var config = Children.Random(new Random(8)) with
        {
            Family = "qwen2",
            QkvBias = true,
            OutputBias = false,
            MlpBias = false,
            QkNorm = false,
            Heads = 4,
            Layers = [Live, new(new GroupedQuerySpec(1), new LinearFeedForwardSpec()), new(new NoOpAttentionSpec(), new LinearFeedForwardSpec()), new(new GroupedQuerySpec(2), new NoOpFeedForwardSpec())],
        };
        using var child = ModelLoader.Load(new MemoryCheckpoint(config, Children.Weights(config, 8)));
        int[] ids = [.. Enumerable.Range(0, 48).Select(i => i * 31 % 96)];
        using var ids_WT = TorchSharp.torch.tensor(Enumerable.Range(0, 16 * 32).Select(i => i * 7919L % 96).ToArray()).view(16, 32);
        foreach (var width in new[] { config.HiddenSize, 16 })
        {
            var (model, replacement) = LinearNetworks.Replace(child, ids_WT, width);
            using (model)
            {
                var file = Path.Combine(_folder, $"{width}.gguf");
                GgufExport.Write(file, model.Config, Puzzle.Core.Library.TensorReader.Of(model.Named()), new() { Type = StoredType.F32 });
                var (opened, session) = Comparison.Open(library, file);
                using (opened)
                using (session)
                {
                    var theirs = Comparison.LogProbabilities(session, ids);
                    Assert.InRange(Comparison.Largest(Comparison.LogProbabilities(model, ids), theirs), 0, 1e-3);
                    if (width == config.HiddenSize)
                        Assert.InRange(Comparison.Largest(Comparison.LogProbabilities(child, ids), theirs), 0, 1e-3);
                    else
                        Assert.True(replacement.MeanKl > 1e-4);
                }
            }
        }
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("qwen3")]
    public void Exports_are_checked_in_the_engine(string family)
    {
        var library = Interop.Library();
        var config = Children.Random(new Random(8)) with
        {
            Family = family,
            QkNorm = family == "qwen3",
            QkvBias = false,
            OutputBias = false,
            MlpBias = false,
            Heads = 4,
            Layers = [Live, new(new NoOpAttentionSpec(), new SwiGluSpec(96)), new(new GroupedQuerySpec(1), new NoOpFeedForwardSpec())],
        };
        var child = Path.Combine(_folder, "child");
        ChildFolderWriter.Write(child, config, Children.Weights(config, 8), new() { Type = StoredType.F32, Format = config.QkNorm ? ChildFormat.AnyModel : ChildFormat.NemotronNas });
        var check = new LlamaCppCheck(library);
        // Norms of q and k have a form in equal layers only.
        IExporter[] exporters = [new FolderExporter(ExportKind.HfInflated, () => check), .. config.QkNorm ? Array.Empty<IExporter>() : [new GgufExporter(() => check)]];
        foreach (var exporter in exporters)
        {
            var path = Path.Combine(_folder, exporter.FileName("out"));
            Assert.InRange(exporter.Write(child, path, WeightsType.F32, "").LargestDifference!.Value, 0, 1e-3);
            Assert.Contains("| llama.cpp (", File.ReadAllText(Directory.Exists(path) ? Path.Combine(path, "README.md") : Path.ChangeExtension(path, ".md")), StringComparison.Ordinal);
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
