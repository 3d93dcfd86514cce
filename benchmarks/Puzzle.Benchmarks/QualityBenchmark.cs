using System.Diagnostics;
using System.Globalization;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Data;
using Puzzle.Core.Distillation;
using Puzzle.Core.Healing;
using Puzzle.Core.Initialisation;
using Puzzle.Core.Library;
using Puzzle.Core.Models;
using Puzzle.Core.Scoring;
using Puzzle.Core.Text;
using Puzzle.Core.Variants;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Benchmarks;

/// <summary>
/// SmolLM2-135M-Instruct at 69.6 % of its block parameters: KL on held-out books and wikitext-2 without training, once with the
/// texts and variants that the public implementation had, once with a mixed calibration and the whole catalogue; then the
/// same child after blockwise and after global distillation. What is done is kept; an interrupted run goes on.
/// </summary>
internal sealed class QualityBenchmark : IBenchmark
{
    private const double Share = 0.696;
    private const int JudgeTokens = 4_096;
    private const int DistillTokens = 49_152;
    private const int DistillPasses = 4;
    private const int HealTokens = 131_072;
    private const int HealLook = 16_384;

    public string Name => "quality";

    public string Purpose => "SmolLM2-135M-Instruct at 69.6 % of its block parameters: held-out KL without training, after distill, after heal";

    public BenchmarkResult Run(BenchmarkContext context)
    {
        using var scope = NewDisposeScope();
        using var checkpoint = CheckpointFile.Open(context.Shared("models", "smollm2-135m-instruct"));
        using var parent = ModelLoader.Load(checkpoint);
        var text = new StudyText(context, Tokenizers.Load(checkpoint.Path));
        using var judge = new QualityJudge(parent, text.Head(JudgeTokens, "books", "validation-3.md"), text.Head(JudgeTokens, "wikitext-2", "test.txt"));
        var rows = new List<IReadOnlyList<string>>();
        var choices = new List<IReadOnlyList<string>>();
        var metrics = new Dictionary<string, double>();

        SubblockSpec[] theirs = [new SwiGluSpec(768), new NoOpFeedForwardSpec(), new NoOpAttentionSpec()];
        var same = new QualityStudy(context, "quality-3a", parent, theirs, perToken: true, exactPairs: true);
        same.Init(() => text.Head(8_192, "books", "jane-austen-pride-and-prejudice.md"));
        using (var child = same.Stitch(same.Solve(() => text.Head(512, "books", "validation-1.md"), Share)))
            Report("their texts and variants, no training", "a", child, "8,192 calibration, 512 scoring; errors token by token");

        SubblockSpec[] all = [new GroupedQuerySpec(1), new LinearAttentionSpec(), new NoOpAttentionSpec(), new SwiGluSpec(1344), new SwiGluSpec(1152), new SwiGluSpec(768), new SwiGluSpec(384), new LinearFeedForwardSpec(), new NoOpFeedForwardSpec()];
        var mixed = new QualityStudy(context, "quality-4b", parent, all, perToken: false, exactPairs: false);
        mixed.Init(() => text.Mixed(256, 1));
        Tensor Scoring() => cat([text.Mixed(8, 2), text.Head(JudgeTokens / 2, "wikitext-2", "valid.txt")]);
        var architecture = Choose(context, parent, mixed, all, Scoring, choices);
        using (var child = mixed.Stitch(architecture))
            Report("mixed texts, whole catalogue, no training", "b", child, "65,536 calibration, 4,096 scoring (half of it wikitext-2 valid)");

        using var distilled = Distill(context, parent, mixed, architecture, text, out var minutes);
        Report("the same after distill", "c_distill", distilled, $"{DistillTokens} in {DistillPasses} passes, {Text(minutes)} min");
        minutes = Heal(context, parent, distilled, text);
        Report("the same after distill and heal", "c_heal", distilled, $"{HealTokens}, {Text(minutes)} min");
        return new BenchmarkResult
        {
            Metrics = metrics,
            Tables = [
                new BenchmarkTable($"SmolLM2-135M-Instruct at {Share:P1} of its block parameters", ["child", "block parameters", "KL books", "KL wikitext-2", "top-1 books", "tokens"], rows),
                new BenchmarkTable("Solutions of the whole catalogue, stitched; the lowest was taken", ["left out", "KL on the scoring tokens"], choices),
                new BenchmarkTable("The architecture of the mixed texts", ["layers", "attention", "ffn"], [.. architecture.Select((layer, i) => (IReadOnlyList<string>)[$"{i}", layer.Attention.Id, layer.FeedForward.Id])]),
            ],
            Notes = [$"KL(parent || child), nats a token, on the first {JudgeTokens} tokens of books/validation-3.md and wikitext-2/test.txt, windows of {StudyText.Length}; the public implementation reached .846 and 1.116 with the first row's texts and variants"],
        };

        void Report(string what, string key, Transformer child, string tokens)
        {
            var (books, wiki) = judge.Compare(child);
            context.Say($"{what}: books {books.Kl:0.0000}, wikitext-2 {wiki.Kl:0.0000}");
            metrics[$"{key}_books"] = books.Kl;
            metrics[$"{key}_wikitext"] = wiki.Kl;
            rows.Add([what, (child.BlockParameterCount / (double)parent.BlockParameterCount).ToString("P2", CultureInfo.InvariantCulture), Text(books.Kl), Text(wiki.Kl), Text(books.TopOneAgreement), tokens]);
            foreach (var (text, kl) in new[] { ("books", books.Kl), ("wikitext", wiki.Kl) })
            {
                if (key == "c_distill")
                    metrics[$"distill_lowers_{text}_by"] = metrics[$"b_{text}"] - kl;
                if (key == "c_heal")
                    metrics[$"heal_lowers_{text}_by"] = metrics[$"c_distill_{text}"] - kl;
            }
        }
    }

    // A sum of scores does not see that some variants go badly together: the solutions with the whole catalogue and without one of
    // the linear variants are stitched, and the one nearest to the parent on the scoring tokens is taken.
    private static LayerSpec[] Choose(BenchmarkContext context, Transformer parent, QualityStudy study, SubblockSpec[] all, Func<Tensor> scoring, List<IReadOnlyList<string>> choices)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var ids = scoring();
        using var divergence = new Divergence(parent, ids, ReplaceOneBlock.Final(parent, ids), keepBytes: 0);
        var best = (Kl: double.PositiveInfinity, Layers: Array.Empty<LayerSpec>());
        foreach (var without in all.Where(spec => spec is LinearAttentionSpec or LinearFeedForwardSpec).Prepend(null))
        {
            var layers = study.Solve(scoring, Share, without);
            using var child = study.Stitch(layers);
            var kl = divergence.Compare(ReplaceOneBlock.Final(child, ids), child).Kl;
            context.Say($"whole catalogue{(without is null ? "" : $" without {without.Id}")}: {kl:0.0000} on the scoring tokens");
            choices.Add([without?.Id ?? "nothing", Text(kl)]);
            best = kl < best.Kl ? (kl, layers) : best;
        }

        return best.Layers;
    }

    // Only the subblocks that the child has are trained.
    private static Transformer Distill(BenchmarkContext context, Transformer parent, QualityStudy study, LayerSpec[] architecture, StudyText text, out double minutes)
    {
        using var scope = NewDisposeScope();
        var cache = new LayerCache<double>(context, "quality-5c-distill");
        string FileOf(int layer) => Path.Combine(cache.Folder, $"layer-{layer:00}.safetensors");
        minutes = 0;
        var options = new DistillOptions { Tokens = (long)DistillTokens * DistillPasses, BatchWindows = 4, LearningRate = 4e-4, WeightDecay = 0, EvaluateEvery = 25, PerToken = false };
        ParentActivations? activations = null;
        for (var l = 0; l < architecture.Length; l++)
        {
            var layer = l;
            minutes += cache.Get(layer, () =>
            {
                context.Say($"distill layer {layer}");
                activations ??= new ParentActivations(parent, text.Mixed(DistillTokens / StudyText.Length, 3));
                while (activations.Layer < layer)
                    activations.Advance();
                var clock = Stopwatch.StartNew();
                var specs = new SubblockSpec[] { architecture[layer].Attention, architecture[layer].FeedForward }.Where(spec => spec != parent.Blocks[layer][spec.Subblock].Spec && spec is not (NoOpAttentionSpec or NoOpFeedForwardSpec));
                var distilled = BlockDistiller.Distill(parent, activations, [.. specs.Select(spec => new StartedVariant(layer, study.Read(layer, spec), "best", new Dictionary<string, double>()))], options);
                Directory.CreateDirectory(cache.Folder);
                LayerFile.Write(FileOf(layer), [.. distilled.Select(variant => variant.Subblock)]);
                foreach (var variant in distilled)
                {
                    context.Say($"  {variant.Subblock.Spec}: {variant.Before:0.0000} -> {variant.After:0.0000}");
                    variant.Subblock.Dispose();
                }

                return clock.Elapsed.TotalMinutes;
            });
        }

        activations?.Dispose();
        var read = new List<Subblock>();
        var child = Puzzle.Core.Stitching.Stitcher.Stitch(parent, architecture, (layer, spec) =>
        {
            using var file = SafetensorsFile.Open(FileOf(layer));
            read.Add(LayerFile.Read(file, spec, parent.Config));
            return read[^1];
        });
        foreach (var subblock in read)
            subblock.Dispose();
        return child;
    }

    // In stretches whose weights and moments are kept.
    private static double Heal(BenchmarkContext context, Transformer parent, Transformer child, StudyText text)
    {
        var ids = text.Mixed(HealTokens / StudyText.Length, 4);
        var data = new TokenWindows([.. ids.data<long>().ToArray().Select(id => (int)id)], StudyText.Length, 1);
        using var trainer = new GlobalDistiller(child, parent, data, new HealOptions { Tokens = HealTokens, BatchWindows = 8, LearningRate = 2e-4, WeightDecay = 0 });
        var cache = new LayerCache<double>(context, "quality-5c-heal");
        double minutes = 0;
        for (var stretch = 0; stretch < HealTokens / HealLook; stretch++)
        {
            var steps = (stretch + 1L) * HealLook / (8 * StudyText.Length);
            var file = Path.Combine(cache.Folder, $"state-{stretch}.safetensors");
            var fresh = false;
            minutes += cache.Get(stretch, () =>
            {
                fresh = true;
                if (trainer.Step < steps - HealLook / (8 * StudyText.Length))
                    Load(child, trainer, Path.Combine(cache.Folder, $"state-{stretch - 1}.safetensors"), steps - HealLook / (8 * StudyText.Length));
                var clock = Stopwatch.StartNew();
                while (trainer.Step < steps)
                {
                    var step = trainer.TrainStep();
                    context.Say($"heal step {step.Step} of {step.Steps}: KL {step.Kl:0.0000}, cosine {step.Cosine:0.000}");
                }

                Directory.CreateDirectory(cache.Folder);
                var state = child.Named().Concat(trainer.State()).ToArray();
                SafetensorsWriter.WriteFile(file, TensorReader.Infos(state), TensorReader.Of(state));
                return clock.Elapsed.TotalMinutes;
            });
            if (!fresh && stretch == HealTokens / HealLook - 1)
                Load(child, trainer, file, steps);
        }

        return minutes;
    }

    private static void Load(Transformer child, GlobalDistiller trainer, string path, long step)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var file = SafetensorsFile.Open(path);
        foreach (var (name, tensor) in child.Named().Concat(trainer.State()))
        {
            var values = new float[tensor.numel()];
            file.Read(name, values);
            tensor.copy_(torch.tensor(values).view(tensor.shape));
        }

        trainer.Resume(step);
    }

    private static string Text(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
}
