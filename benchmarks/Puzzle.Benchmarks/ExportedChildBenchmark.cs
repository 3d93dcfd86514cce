using System.Globalization;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Distillation;
using Puzzle.Core.Export;
using Puzzle.Core.Initialisation;
using Puzzle.Core.Library;
using Puzzle.Core.Models;
using Puzzle.Core.Stitching;
using Puzzle.Core.Text;
using Puzzle.Core.Variants;
using Puzzle.Serving.LlamaCpp;
using static TorchSharp.torch;

namespace Puzzle.Benchmarks;

/// <summary>A child of SmolLM2-135M with every variant that llama.cpp can hold, briefly distilled: the GGUF file in llama.cpp against the child.</summary>
internal sealed class ExportedChildBenchmark : IBenchmark
{
    private const int TrainTokens = 8_192;
    private const int TestTokens = 1_024;
    private const int Window = 512;
    private const int Held = 4;

    // What some layers become; the others stay the parent's.
    private static readonly Dictionary<int, (AttentionSpec? Attention, FeedForwardSpec? FeedForward)> s_changes = new()
    {
        [2] = (new GroupedQuerySpec(1), new SwiGluSpec(1152)),
        [6] = (new LinearAttentionSpec(), null),
        [10] = (null, new SwiGluSpec(768)),
        [13] = (new NoOpAttentionSpec(), null),
        [17] = (new GroupedQuerySpec(1), new NoOpFeedForwardSpec()),
        [22] = (new NoOpAttentionSpec(), new SwiGluSpec(384)),
        [26] = (new LinearAttentionSpec(), new SwiGluSpec(768)),
    };

    public string Name => "exported-child";

    public string Purpose => "a distilled child of SmolLM2-135M as a GGUF file in llama.cpp: divergence from the child; linear networks as SwiGLU networks";

    public BenchmarkResult Run(BenchmarkContext context)
    {
        using var noGrad = no_grad();
        var library = InstalledLlamaCpp.Find(context);
        using var checkpoint = CheckpointFile.Open(context.Shared("models", "smollm2-135m-instruct"));
        using var parent = ModelLoader.Load(checkpoint);
        var tokenizer = Tokenizers.Load(checkpoint.Path);
        var text = new StudyText(context, tokenizer);
        var test = tokenizer.Encode(File.ReadAllText(context.Shared("text", "wikitext-2", "test.txt"))[..(16 * TestTokens)])[..TestTokens];
        var work = context.WorkFolder("exported-child");
        using var scope = NewDisposeScope();
        var ids_WT = text.Books(TrainTokens / StudyText.Length, 1);
        using var child = Child(parent, ids_WT, context);
        var (metrics, rows) = (new Dictionary<string, double>(), new List<IReadOnlyList<string>>());
        foreach (var type in new[] { StoredType.F32, StoredType.F16, StoredType.Q8_0 })
        {
            var file = Path.Combine(work, $"{type}.gguf");
            GgufExport.Write(file, child.Config, TensorReader.Of(child.Named()), new() { Type = type, Tokenizer = GgufTokenizerKeys.Copy(GgufMetadata.Read(checkpoint.Path)) });
            using var written = GgufFile.Open(file);
            using var stored = ModelLoader.Load(written);
            var (kl, storedKl, worst, same) = Against(library, file, child, stored, test);
            (metrics[$"{type}/mean_kl".ToLowerInvariant()], metrics[$"{type}/top_1_agreement".ToLowerInvariant()]) = (kl, same);
            rows.Add([$"{type}", $"{kl:0.0e+00}", $"{storedKl:0.0e+00}", $"{worst:G3}", $"{100 * same:F2} %"]);
            context.Say($"{type}: mean KL {kl:G3}");
        }

        var linear = Linear(parent, text, metrics, context);
        return new BenchmarkResult
        {
            Metrics = metrics,
            Tables =
            [
                new BenchmarkTable($"the child's file in llama.cpp ({library.Version}) on {TestTokens:N0} tokens of wikitext-2 test", ["type", "mean KL from the child", "from the child with the file's weights", "largest |log-probability difference|", "same best token"], rows),
                new BenchmarkTable("two linear networks (layers 9 and 20) as SwiGLU networks", ["width", "error at the start", "error after learning", "mean KL from the child"], linear),
            ],
            Notes =
            [
                $"layers changed: {string.Join("; ", s_changes.Select(change => $"{change.Key}: {child.Blocks[change.Key].Spec}"))}; distilled on {TrainTokens:N0} tokens of books",
                "llama.cpp with a float32 cache and without flash attention, in windows of 512 tokens; it rounds what it multiplies to the type of the weights (F16; 8 bits for Q8_0), the child is float32",
            ],
        };
    }

    private static Transformer Child(Transformer parent, Tensor ids_WT, BenchmarkContext context)
    {
        var subblocks = new Dictionary<(int, SubblockSpec), Subblock>();
        using var calibration = new ParentActivations(parent, ids_WT.narrow(0, 0, 8));
        using var stream = new ParentStream(parent, ids_WT);
        do
        {
            using var inner = NewDisposeScope();
            var specs = s_changes.TryGetValue(stream.Layer, out var change)
                ? new SubblockSpec?[] { change.Attention, change.FeedForward }.OfType<SubblockSpec>().Where(spec => spec is not (NoOpAttentionSpec or NoOpFeedForwardSpec)).ToArray()
                : [];
            if (specs.Length == 0)
            {
                stream.Pass();
                continue;
            }

            foreach (var distilled in BlockDistiller.Distill(parent, stream, Held, [.. Initialiser.Start(parent, calibration, specs, Initialiser.Paper)], new DistillOptions { BatchWindows = 4, EvaluateEvery = 2, Tokens = TrainTokens }))
            {
                subblocks[(stream.Layer, distilled.Subblock.Spec)] = distilled.Subblock;
                context.Say($"layer {stream.Layer}: {distilled.Subblock.Spec} from {distilled.Before:F3} to {distilled.After:F3}");
            }
        }
        while (stream.Advance() && calibration.Advance());

        var layers = parent.Config.Layers.Select((layer, i) => s_changes.TryGetValue(i, out var change) ? new LayerSpec(change.Attention ?? layer.Attention, change.FeedForward ?? layer.FeedForward) : layer).ToArray();
        var child = Stitcher.Stitch(parent, layers, (layer, spec) => subblocks[(layer, spec)]);
        foreach (var subblock in subblocks.Values)
            subblock.Dispose();
        return child;
    }

    private static (double Kl, double StoredKl, double Worst, double Same) Against(LlamaCppLibrary library, string file, Transformer child, Transformer stored, int[] test)
    {
        using var model = LlamaCppModel.Open(library, file);
        using var session = new LlamaCppSession(model, new() { ContextTokens = Window, BatchTokens = Window });
        double kl = 0, storedKl = 0, worst = 0, same = 0;
        for (var start = 0; start < test.Length; start += Window)
        {
            using var scope = NewDisposeScope();
            var ids = test[start..(start + Window)];
            var theirs_TV = nn.functional.log_softmax(tensor(session.AllLogits(ids)).view(Window, -1), 1);
            var ours_TV = LogProbabilities(child, ids);
            kl += Divergence(ours_TV, theirs_TV);
            storedKl += Divergence(LogProbabilities(stored, ids), theirs_TV);
            worst = Math.Max(worst, (ours_TV - theirs_TV).abs().max().item<float>());
            same += ours_TV.argmax(1).eq(theirs_TV.argmax(1)).sum().item<long>();
        }

        return (kl / test.Length, storedKl / test.Length, worst, same / test.Length);
    }

    private static Tensor LogProbabilities(Transformer model, int[] ids) =>
        nn.functional.log_softmax(model.Forward(tensor(ids.Select(id => (long)id).ToArray()).unsqueeze(0))[0], 1);

    private static double Divergence(Tensor ours_TV, Tensor theirs_TV) => (ours_TV.exp() * (ours_TV - theirs_TV)).sum(ScalarType.Float64).item<double>();

    private static List<IReadOnlyList<string>> Linear(Transformer parent, StudyText text, Dictionary<string, double> metrics, BenchmarkContext context)
    {
        using var scope = NewDisposeScope();
        var ids_WT = text.Books(TrainTokens / StudyText.Length, 2);
        using var activations = new ParentActivations(parent, ids_WT.narrow(0, 0, 8));
        var networks = new Dictionary<int, Subblock>();
        do
        {
            if (activations.Layer is 9 or 20)
                networks[activations.Layer] = Initialiser.Start(parent, activations, [new LinearFeedForwardSpec()]).Single().Subblock;
        }
        while (activations.Advance());

        var layers = parent.Config.Layers.Select((layer, i) => networks.ContainsKey(i) ? layer with { FeedForward = new LinearFeedForwardSpec() } : layer).ToArray();
        using var child = Stitcher.Stitch(parent, layers, (layer, _) => networks[layer]);
        var rows = new List<IReadOnlyList<string>>();
        foreach (var width in new[] { LinearNetworks.DefaultWidth(child.Config), child.Config.HiddenSize })
        {
            var (model, replacement) = LinearNetworks.Replace(child, ids_WT, width);
            model.Dispose();
            context.Say(replacement.Note());
            metrics[$"linear_networks/width_{width}/mean_kl"] = replacement.MeanKl;
            rows.Add([$"{width}", .. new[] { replacement.Networks.Max(network => network.StartError), replacement.Networks.Max(network => network.Error), replacement.MeanKl }.Select(value => value.ToString("G3", CultureInfo.InvariantCulture))]);
        }

        return rows;
    }
}
