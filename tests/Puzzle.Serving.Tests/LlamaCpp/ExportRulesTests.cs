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
    public void Exports_are_checked_in_the_engine()
    {
        var library = Interop.Library();
        var config = Children.Random(new Random(8)) with { Layers = [Live, new(new NoOpAttentionSpec(), new SwiGluSpec(96)), new(new GroupedQuerySpec(1), new NoOpFeedForwardSpec())], Heads = 4 };
        var child = Path.Combine(_folder, "child");
        ChildFolderWriter.Write(child, config, Children.Weights(config, 8), new() { Type = StoredType.F32 });
        var check = new LlamaCppCheck(library);
        foreach (var exporter in new IExporter[] { new GgufExporter(() => check), new FolderExporter(ExportKind.HfInflated, () => check) })
        {
            var path = Path.Combine(_folder, exporter.FileName("out"));
            Assert.InRange(exporter.Write(child, path, WeightsType.F32, "").LargestDifference!.Value, 0, 1e-3);
            Assert.Contains("| llama.cpp (", File.ReadAllText(Directory.Exists(path) ? Path.Combine(path, "README.md") : Path.ChangeExtension(path, ".md")), StringComparison.Ordinal);
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
