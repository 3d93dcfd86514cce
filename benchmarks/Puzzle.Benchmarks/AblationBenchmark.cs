using System.Globalization;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Data;
using Puzzle.Core.Distillation;
using Puzzle.Core.Healing;
using Puzzle.Core.Initialisation;
using Puzzle.Core.Models;
using Puzzle.Core.Scoring;
using Puzzle.Core.Text;
using Puzzle.Core.Variants;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Benchmarks;

/// <summary>The paper's ablations in miniature on tinystories-656K, one small child in all of them: tokens of distillation, coupled against decoupled, the terms of the healing loss.</summary>
internal sealed class AblationBenchmark : IBenchmark
{
    private const int Length = 256;
    private const int JudgeWindows = 32;
    private const long DistillTokens = 65_536;
    private const long HealTokens = 49_152;
    private static readonly DistillOptions s_options = new() { BatchWindows = 4, LearningRate = 1e-3, WeightDecay = 0, BlockTarget = true, EvaluateEvery = 16 };
    private static readonly LayerSpec s_spec = new(new GroupedQuerySpec(1), new SwiGluSpec(96));

    public string Name => "ablations";

    public string Purpose => "tokens of distillation, coupled against decoupled and the eight healing losses on tinystories-656K, three seeds";

    public BenchmarkResult Run(BenchmarkContext context)
    {
        using var scope = NewDisposeScope();
        using var checkpoint = CheckpointFile.Open(context.Shared("models", "tinystories-656K"));
        using var parent = ModelLoader.Load(checkpoint);
        var tokenizer = Tokenizers.Load(checkpoint.Path);
        var ids = tokenizer.Encode(File.ReadAllText(context.Shared("text", "tinystories", "train.txt")));
        var held_WT = tensor(tokenizer.Encode(File.ReadAllText(context.Shared("text", "tinystories", "validation.txt"))[..200_000]).Take(JudgeWindows * Length).Select(id => (long)id).ToArray()).view(JudgeWindows, Length);
        Tensor final_WTD;
        using (no_grad())
            final_WTD = ReplaceOneBlock.Final(parent, held_WT);
        using var divergence = new Divergence(parent, held_WT, final_WTD);
        var values = new Dictionary<string, List<double>>();
        for (ulong seed = 1; seed <= 3; seed++)
        {
            var data = new TokenWindows(ids, Length, seed);
            context.Say($"seed {seed}: distillation");
            Note("distill, 0 tokens", Distilled(parent, data, 0, coupled: false));
            foreach (var tokens in new[] { DistillTokens / 4, DistillTokens, 2 * DistillTokens })
                Note($"distill, {tokens} tokens", Distilled(parent, data, tokens, coupled: false));
            Note($"target subblock, {DistillTokens} tokens", Distilled(parent, data, DistillTokens, coupled: false, s_options with { BlockTarget = false }));
            Note($"plain mse, {DistillTokens} tokens", Distilled(parent, data, DistillTokens, coupled: false, s_options with { PerToken = false }));
            Note($"elastic widths, {DistillTokens} tokens", Distilled(parent, data, DistillTokens, coupled: false, s_options with { ElasticWidths = 3 }));
            Note($"coupled, {DistillTokens} tokens", Distilled(parent, data, DistillTokens, coupled: true));
            using var stitched = Distilled(parent, data, DistillTokens, coupled: false);
            foreach (var (lm, cosine, kl) in new[] { (0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 1, 0), (0, 0, 1), (1, 0, 1), (0, 1, 1), (1, 1, 1) })
            {
                context.Say($"seed {seed}: heal with lm {lm}, cosine {cosine}, kl {kl}");
                var child = stitched.Clone();
                if (lm + cosine + kl > 0)
                {
                    using var trainer = new GlobalDistiller(child, parent, data, new HealOptions { Tokens = HealTokens, BatchWindows = 8, LearningRate = 1e-3, WeightDecay = 0, LmWeight = lm, CosineWeight = cosine, KlWeight = kl });
                    while (trainer.Step < trainer.Steps)
                        trainer.TrainStep();
                }

                Note($"heal, LM {Sign(lm)} cosine {Sign(cosine)} KL {Sign(kl)}", child);
            }
        }

        return new BenchmarkResult
        {
            Metrics = values.ToDictionary(value => value.Key.Replace(' ', '_'), value => value.Value.Average()),
            Tables = [new BenchmarkTable($"tinystories-656K, every layer {s_spec}: KL on {JudgeWindows * Length} held-out tokens", ["what", "mean of three seeds", "seeds"],
                [.. values.Select(value => (IReadOnlyList<string>)[value.Key, Text(value.Value.Average()), string.Join(" ", value.Value.Select(Text))])])],
            Notes = [$"seeds are orders of the training windows; heal: {HealTokens} tokens after {DistillTokens} of decoupled distillation; coupled counts tokens a pair, decoupled tokens a subblock"],
        };

        void Note(string what, Transformer child)
        {
            using var inner = NewDisposeScope();
            using var noGrad = no_grad();
            child.RequireGrad(false);
            var kl = divergence.Compare(ReplaceOneBlock.Final(child, held_WT), child).Kl;
            if (!values.TryGetValue(what, out var list))
                values[what] = list = [];
            list.Add(kl);
            child.Dispose();
        }
    }

    private static Transformer Distilled(Transformer parent, TokenWindows data, long tokens, bool coupled, DistillOptions? settings = null)
    {
        using var scope = NewDisposeScope();
        var child = parent.Shallow();
        using var activations = new ParentActivations(parent, data.Shuffled(0, (int)(Math.Max(DistillTokens, tokens) / Length)));
        var options = (settings ?? s_options) with { Tokens = tokens };
        do
        {
            // Elastic widths want company.
            SubblockSpec[] company = options.ElasticWidths > 0 ? [new SwiGluSpec(288), new SwiGluSpec(192)] : [];
            var started = Initialiser.Start(parent, activations, [s_spec.Attention, s_spec.FeedForward, .. company], perToken: options.PerToken).ToArray();
            if (tokens > 0 && coupled)
                CoupledDistiller.Distill(activations, [new CoupledPair(started[0].Subblock, started[1].Subblock)], options);
            else if (tokens > 0)
                BlockDistiller.Distill(parent, activations, started, options);
            foreach (var variant in started.Take(2))
                child.Replace(activations.Layer, variant.Subblock);
        }
        while (activations.Advance());
        return child.Clone();
    }

    private static string Sign(int on) => on == 1 ? "+" : "-";

    private static string Text(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);
}
