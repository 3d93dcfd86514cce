using System.Diagnostics;
using System.Globalization;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Initialisation;
using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Scoring;
using Puzzle.Core.Text;
using Puzzle.Core.Variants;
using Puzzle.Core.Variants.NoOp;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Benchmarks;

// W windows, T tokens a window

/// <summary>Replace-one-block scores of SmolLM2-135M on 512 tokens: the same values as of rebuilt models, and how much faster.</summary>
internal sealed class ScoringBenchmark : IBenchmark
{
    private const int Windows = 2;
    private const int Length = 256;
    private const int CalibrationWindows = 8;
    private const int FitPairs = 24;
    private const double TheirSeconds = 6.6;
    private static readonly int[] s_layers = [0, 6, 12, 17, 23, 29];

    public string Name => "scoring";

    public string Purpose => "replace-one-block scores of SmolLM2-135M: identity with rebuilt models, seconds, composition of subblocks";

    public BenchmarkResult Run(BenchmarkContext context)
    {
        var folder = context.Shared("models", "smollm2-135m-instruct");
        using var checkpoint = CheckpointFile.Open(folder);
        using var parent = ModelLoader.Load(checkpoint);
        var tokenizer = Tokenizers.Load(checkpoint.Path);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var ids_WT = Ids(context, tokenizer, "validation-1.md", Windows);
        var variants = Start(context, parent, Ids(context, tokenizer, "jane-austen-pride-and-prejudice.md", CalibrationWindows));
        var count = variants.Values.Sum(list => list.Count);

        context.Say("full forward");
        var full = BenchmarkContext.MedianSeconds(5, () => Scoped(() => parent.Logits(parent.Hidden(ids_WT))));
        var hidden_WTD = parent.Hidden(ids_WT);
        var head = BenchmarkContext.MedianSeconds(5, () => Scoped(() => parent.Logits(hidden_WTD)));
        double compare;
        using (var divergence = new Divergence(parent, ids_WT, hidden_WTD))
            compare = BenchmarkContext.MedianSeconds(5, () => divergence.Compare(hidden_WTD, parent));
        using var scorer = new ReplaceOneBlock(parent, ids_WT);
        scorer.Score(s_layers[^1], variants[s_layers[^1]][0]);

        context.Say($"{count} subblock variants in {s_layers.Length} layers");
        var scores = new List<SubblockScore>();
        var (cpu, start) = (Process.GetCurrentProcess().TotalProcessorTime, Stopwatch.GetTimestamp());
        foreach (var layer in s_layers)
            scores.AddRange(scorer.ScoreAll(layer, variants[layer]));
        var wall = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var cpuSeconds = (Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalSeconds;

        context.Say("rebuilt models");
        var (worst, rebuilt) = Rebuild(parent, ids_WT, variants, scores);

        context.Say("pairs");
        var pairs = Pairs(scorer, variants);
        var fitted = pairs.Where((_, i) => i % (pairs.Count / FitPairs) == 0).Take(FitPairs).ToList();
        var others = pairs.Except(fitted).ToList();
        var exponent = BlockComposition.Fit(scores, fitted);
        var single = scores.ToDictionary(score => (score.Layer, score.Spec), score => score.Kl);
        var composed = others.ConvertAll(pair => BlockComposition.Compose(single[(pair.Layer, pair.Spec.Attention)], single[(pair.Layer, pair.Spec.FeedForward)], exponent));
        var correlation = RankCorrelation(composed, others.ConvertAll(pair => pair.Kl));

        var pairsOfLayer = s_layers.Average(layer => (1.0 + variants[layer].Count(v => v.Spec.Subblock == SubblockKind.Attention)) * (1 + variants[layer].Count(v => v.Spec.Subblock == SubblockKind.FeedForward)) - 1);
        var perVariant = wall / count;
        var metrics = new Dictionary<string, double>
        {
            ["full_forward_s"] = full,
            ["variant_s"] = perVariant,
            ["times_faster_than_full_forward"] = full / perVariant,
            ["head_s"] = head,
            ["head_and_comparison_s"] = compare,
            ["bound_by_operations"] = BoundByOperations(parent, variants),
            ["cpu_s_per_variant"] = cpuSeconds / count,
            ["share_of_puzzletron_cpu"] = cpuSeconds / count / TheirSeconds,
            ["worst_difference"] = worst,
            ["rebuilt_model_s"] = rebuilt,
            ["library_times_faster"] = pairsOfLayer * rebuilt * s_layers.Length / wall,
            ["rank_correlation"] = correlation,
            ["exponent"] = exponent,
        };
        return new BenchmarkResult
        {
            Metrics = metrics,
            Tables = [new BenchmarkTable($"SmolLM2-135M, {Windows * Length} tokens, {count} subblock variants of layers {string.Join(", ", s_layers)}", ["what", "value"],
            [
                ["full forward and head of the resident model", $"{Text(full)} s"],
                ["one subblock variant", $"{Text(perVariant)} s, {Text(full / perVariant)}x faster (bound by operations {Text(metrics["bound_by_operations"])}x)"],
                ["of that, head and comparison with the parent", $"{Text(compare)} s (the head alone as one product {Text(head)} s)"],
                ["of that, the subblock and what lies behind it", $"{Text(perVariant - compare)} s"],
                ["processor time of one variant", $"{Text(cpuSeconds / count)} s; puzzletron {TheirSeconds} s on the same tokens and kind of machine"],
                ["one rebuilt model, scored", $"{Text(rebuilt)} s"],
                ["library by m + n", $"{Text(wall)} s for {count} subblocks, {Text(metrics["library_times_faster"])}x faster than {pairsOfLayer * s_layers.Length:0} rebuilt models"],
                ["largest difference from a rebuilt model", $"{worst:0.0e0} of what is allowed (1e-5 relative or 1e-6 absolute)"],
                ["composed against exact scores of pairs", $"rank correlation {Text(correlation)} over {others.Count} pairs, exponent {Text(exponent)} fitted on {fitted.Count} others"],
            ])],
            Notes = [$"text: validation-1.md; variants start as in the paper on {CalibrationWindows * Length} tokens of Pride and Prejudice, untrained; KL(parent || child) over all positions, windows of {Length}"],
        };
    }

    private static Dictionary<int, List<Subblock>> Start(BenchmarkContext context, Transformer parent, Tensor ids_WT)
    {
        context.Say("variants");
        var section = new VariantsSection();
        var variants = new Dictionary<int, List<Subblock>>();
        using var activations = new ParentActivations(parent, ids_WT);
        do
        {
            if (!s_layers.Contains(activations.Layer))
                continue;
            SubblockSpec[] specs = [.. section.AttentionFor(parent.Config, activations.Layer).Skip(1), .. section.FeedForwardFor(parent.Config, activations.Layer).Skip(1)];
            variants[activations.Layer] =
            [
                .. Initialiser.Start(parent, activations, [.. specs.Where(spec => spec is not (NoOpAttentionSpec or NoOpFeedForwardSpec))], "paper").Select(started => started.Subblock),
                new NoOpSubblock(SubblockKind.Attention),
                new NoOpSubblock(SubblockKind.FeedForward),
            ];
        }
        while (activations.Advance());
        return variants;
    }

    // A model with weights of its own for every variant, as if it had been put together and loaded; the mean seconds of one.
    private static (double Worst, double Seconds) Rebuild(Transformer parent, Tensor ids_WT, Dictionary<int, List<Subblock>> variants, List<SubblockScore> scores)
    {
        using var divergence = new Divergence(parent, ids_WT, ReplaceOneBlock.Final(parent, ids_WT));
        var (worst, seconds, rebuilt) = (0.0, 0.0, 0);
        foreach (var layer in s_layers)
        {
            foreach (var index in (int[])[layer % 3, 3 + layer % 5])
            {
                var start = Stopwatch.GetTimestamp();
                var shallow = parent.Shallow();
                shallow.Replace(layer, variants[layer][index]);
                using var child = shallow.Clone();
                using var scope = NewDisposeScope();
                var exact = divergence.Compare(ReplaceOneBlock.Final(child, ids_WT), child).Kl;
                seconds += Stopwatch.GetElapsedTime(start).TotalSeconds;
                rebuilt++;
                var score = scores.Single(score => score.Layer == layer && score.Spec == variants[layer][index].Spec).Kl;
                worst = Math.Max(worst, Math.Min(Math.Abs(score - exact) / (1e-5 * Math.Abs(exact)), Math.Abs(score - exact) / 1e-6));
            }
        }

        return (worst, seconds / rebuilt);
    }

    private static List<BlockScore> Pairs(ReplaceOneBlock scorer, Dictionary<int, List<Subblock>> variants) =>
        [.. s_layers.SelectMany(layer => variants[layer].Where(v => v.Spec.Subblock == SubblockKind.Attention)
            .SelectMany(a => variants[layer].Where(v => v.Spec.Subblock == SubblockKind.FeedForward).Select(f => scorer.Score(layer, a, f))))];

    // Weights that a token passes: of the whole model, and of a variant with what lies behind it.
    private static double BoundByOperations(Transformer parent, Dictionary<int, List<Subblock>> variants)
    {
        double head = parent.Head.numel();
        var blocks = parent.Blocks.Select(block => (Attention: (double)block.Attention.ParameterCount, FeedForward: (double)block.FeedForward.ParameterCount)).ToArray();
        var all = head + blocks.Sum(block => block.Attention + block.FeedForward);
        return all / variants.SelectMany(entry => entry.Value.Select(variant =>
            head + variant.ParameterCount + (variant.Spec.Subblock == SubblockKind.Attention ? blocks[entry.Key].FeedForward : 0) + blocks[(entry.Key + 1)..].Sum(block => block.Attention + block.FeedForward))).Average();
    }

    private static double RankCorrelation(List<double> a, List<double> b)
    {
        double[] Ranks(List<double> values)
        {
            var order = Enumerable.Range(0, values.Count).OrderBy(i => values[i]).ToArray();
            var ranks = new double[values.Count];
            for (var rank = 0; rank < order.Length; rank++)
                ranks[order[rank]] = rank;
            return ranks;
        }

        var (x, y) = (Ranks(a), Ranks(b));
        var mean = (x.Length - 1) / 2.0;
        return x.Zip(y).Sum(pair => (pair.First - mean) * (pair.Second - mean)) / x.Sum(rank => (rank - mean) * (rank - mean));
    }

    private static Tensor Ids(BenchmarkContext context, ITokenizer tokenizer, string book, int windows)
    {
        var text = File.ReadAllText(context.Shared("text", "books", book));
        var ids = tokenizer.Encode(text[..Math.Min(text.Length, windows * Length * 12)]);
        return tensor(ids.Take(windows * Length).Select(id => (long)id).ToArray()).view(windows, Length);
    }

    private static void Scoped(Func<Tensor> action)
    {
        using var scope = NewDisposeScope();
        action();
    }

    private static string Text(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);
}
