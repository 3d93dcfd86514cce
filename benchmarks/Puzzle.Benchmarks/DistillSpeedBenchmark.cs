using System.Diagnostics;
using System.Globalization;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Distillation;
using Puzzle.Core.Initialisation;
using Puzzle.Core.Models;
using Puzzle.Core.Text;
using Puzzle.Core.Variants;
using static TorchSharp.torch;

namespace Puzzle.Benchmarks;

/// <summary>
/// Blockwise distillation of all children of SmolLM2-135M's layers at once: useful operations against the machine's matrix
/// peak of the same minute, and against training the same children one after the other from the same inputs.
/// </summary>
internal sealed class DistillSpeedBenchmark : IBenchmark
{
    private const int Windows = 32;
    private const int Rounds = 3;
    private static readonly int[] s_chunks = [512, 1024];
    private static readonly int[] s_layers = [3, 20];
    private static readonly SubblockSpec[] s_specs =
    [
        new GroupedQuerySpec(1), new LinearAttentionSpec(),
        new SwiGluSpec(1344), new SwiGluSpec(1152), new SwiGluSpec(768), new SwiGluSpec(384), new SwiGluSpec(192), new LinearFeedForwardSpec(),
    ];

    public string Name => "distill-speed";

    public string Purpose => "distilling all children of a layer together: share of the matrix peak, and against one after the other";

    public BenchmarkResult Run(BenchmarkContext context)
    {
        using var scope = NewDisposeScope();
        using var checkpoint = CheckpointFile.Open(context.Shared("models", "smollm2-135m-instruct"));
        using var parent = ModelLoader.Load(checkpoint);
        var text = new StudyText(context, Tokenizers.Load(checkpoint.Path));
        var ids_WT = text.Head(Windows * StudyText.Length, "books", "jane-austen-pride-and-prejudice.md");
        // Seven windows a step, so that the training windows are a whole number of steps.
        var options = new DistillOptions { BatchWindows = 7, Tokens = (long)Windows * 7 / 8 * StudyText.Length, EvaluateEvery = 1_000_000, LearningRate = 1e-4, GoodEnough = 0 };
        var (forward, attention, together, alone, plain, plainWide, peaks, widePeaks) = (new List<double>(), new List<double>(), new List<double>(), new List<double>(), new List<double>(), new List<double>(), new List<double>(), new List<double>());
        var chunks = s_chunks.ToDictionary(chunk => chunk, _ => new List<double>());
        double useful = 0;
        using var activations = new ParentActivations(parent, ids_WT);
        do
        {
            if (!s_layers.Contains(activations.Layer))
                continue;
            context.Say($"layer {activations.Layer}");
            using var layer = NewDisposeScope();
            useful = Useful(parent.Config, options.Tokens);
            for (var round = 0; round < Rounds; round++)
            {
                peaks.Add(Peak((a, b) => a.matmul(b.t())));
                widePeaks.Add(Peak((a, b) => Products.Linear(a, b)));
                var batch_BTD = activations.Input_WTD.narrow(0, 0, Windows * 7 / 8);
                forward.Add(Seconds(() => Forward(parent, activations, batch_BTD, whole: true)));
                attention.Add(Seconds(() => Forward(parent, activations, batch_BTD, whole: false)));
                together.Add(Seconds(parent, activations, s_specs, options));
                foreach (var (chunk, seconds) in chunks)
                    seconds.Add(Seconds(parent, activations, s_specs, options with { ChunkTokens = chunk }));
                alone.Add(s_specs.Sum(spec => Seconds(parent, activations, [spec], options)));
                plainWide.Add(s_specs.Sum(spec => Plain(parent, activations, spec, options)));
                plain.Add(OnLibtorchsProducts(() => s_specs.Sum(spec => Plain(parent, activations, spec, options))));
            }
        }
        while (activations.Layer < s_layers[^1] && activations.Advance());

        var (peak, widePeak) = (peaks.Max(), widePeaks.Max());
        var whole = BenchmarkContext.Median(forward) + BenchmarkContext.Median(together);
        var ratio = BenchmarkContext.Median(plain) / BenchmarkContext.Median(together);
        var wideRatio = BenchmarkContext.Median(plainWide) / BenchmarkContext.Median(together);
        var ownRatio = BenchmarkContext.Median(alone) / BenchmarkContext.Median(together);
        var childTokens = options.Tokens * s_specs.Length;
        // From cached inputs of the layer alone: who trains one child makes its target first, through the parent's attention or whole layer.
        var targets = s_specs.Sum(spec => BenchmarkContext.Median(spec.Subblock == SubblockKind.Attention ? attention : forward));
        var withTargets = (BenchmarkContext.Median(plain) + targets) / whole;
        return new BenchmarkResult
        {
            Metrics = new Dictionary<string, double>
            {
                ["share_of_peak"] = useful / whole / peak,
                ["times_one_after_the_other"] = ratio,
                ["child_tokens_per_s"] = childTokens / BenchmarkContext.Median(together),
                ["child_tokens_per_s_one_after_the_other"] = childTokens / BenchmarkContext.Median(plain),
                ["times_one_after_the_other_by_the_same_passes"] = ownRatio,
                ["times_one_after_the_other_with_targets"] = withTargets,
                ["times_one_after_the_other_by_the_same_products"] = wideRatio,
                ["share_of_own_peak"] = useful / whole / widePeak,
                ["peak_gflops"] = peak / 1e9,
                ["own_peak_gflops"] = widePeak / 1e9,
            },
            Tables = [new BenchmarkTable($"SmolLM2-135M, layers {string.Join(" and ", s_layers)}, {s_specs.Length} children, {options.Tokens} tokens, steps of {options.BatchWindows * StudyText.Length}", ["what", "value"],
            [
                ["float32 matrix peak of this run, libtorch's product", Text(peak / 1e9) + " Gflop/s"],
                ["the same, this tool's product", Text(widePeak / 1e9) + " Gflop/s"],
                ["parent's forward of the layer", Text(BenchmarkContext.Median(forward)) + " s"],
                ["all children together", Text(BenchmarkContext.Median(together)) + " s"],
                ["one after the other, each a module with autograd, libtorch's product", Text(BenchmarkContext.Median(plain)) + " s"],
                ["the same, this tool's product", $"{Text(BenchmarkContext.Median(plainWide))} s: {Text(wideRatio)}x"],
                ["one after the other by the same written-out passes", $"{Text(BenchmarkContext.Median(alone))} s: {Text(ownRatio)}x"],
                ["one after the other from the layer's inputs alone, each making its targets", $"{Text(BenchmarkContext.Median(plain) + targets)} s against {Text(whole)} s: {Text(withTargets)}x"],
                .. chunks.Select(chunk => (IReadOnlyList<string>)[$"all children together, {chunk.Key} tokens at a time", Text(BenchmarkContext.Median(chunk.Value)) + " s"]),
                ["useful operations", Text(useful / 1e9) + " Gflop"],
                ["share of libtorch's peak, the parent's forward included", Text(useful / whole / peak)],
                ["share of this tool's peak", Text(useful / whole / widePeak)],
                ["child-tokens a second", $"{Text(childTokens / BenchmarkContext.Median(together))} together, {Text(childTokens / BenchmarkContext.Median(plain))} one after the other: {Text(ratio)}x"],
            ])],
            Notes = ["useful: the parent's layer once, 14 hidden width a SwiGLU child and token, 4 hidden^2 a linear one; projections 4 and output 6 times their size and 3.5 times the causal scores for attention; optimiser and element-wise work count as nothing; target: subblock"],
        };
    }

    private static void Forward(Transformer parent, ParentActivations activations, Tensor x_WTD, bool whole)
    {
        using var noGrad = no_grad();
        foreach (var part in x_WTD.split(8))
        {
            using var scope = NewDisposeScope();
            if (whole)
                parent.Blocks[activations.Layer].Forward(part, activations.Context, activations.Layer);
            else
                parent.Blocks[activations.Layer].AfterAttention(part, activations.Context, activations.Layer);
        }
    }

    private static double Seconds(Transformer parent, ParentActivations activations, SubblockSpec[] specs, DistillOptions options)
    {
        using var scope = NewDisposeScope();
        var started = Initialiser.Start(parent, activations, specs, Initialiser.Paper).ToArray();
        // What is timed is training: looks at held-out windows and copies are counted too, setting up is not.
        var start = 0L;
        var (first, last) = (0L, 0L);
        var distilled = BlockDistiller.Distill(parent, activations, started, options, (step, steps, _) =>
        {
            if (step == 1)
                start = Stopwatch.GetTimestamp();
            (first, last) = (1, step);
            if (step == steps)
                start = Stopwatch.GetTimestamp() - start;
        });
        foreach (var variant in distilled)
            variant.Subblock.Dispose();

        // The first step warms buffers up; the others are scaled to all.
        var seconds = start / (double)Stopwatch.Frequency;
        return seconds * last / (last - first);
    }

    // As it is done without any of this: the module's own forward, autograd, AdamW over its weights.
    private static double Plain(Transformer parent, ParentActivations activations, SubblockSpec spec, DistillOptions options)
    {
        using var scope = NewDisposeScope();
        using var subblock = Initialiser.Start(parent, activations, [spec], Initialiser.Paper).Single().Subblock;
        subblock.RequireGrad(true);
        using var optimiser = new AdamW(subblock.Parameters, weightDecay: options.WeightDecay);
        var (input_WTD, output_WTD) = spec.Subblock == SubblockKind.Attention
            ? (activations.Input_WTD, activations.AfterAttention_WTD)
            : (activations.AfterAttention_WTD, activations.Output_WTD);
        Step(0);
        var steps = (int)(options.Tokens / (options.BatchWindows * StudyText.Length));
        return Seconds(() => Enumerable.Range(0, steps).ToList().ForEach(Step));

        void Step(int step)
        {
            using var inner = NewDisposeScope();
            var x_BTD = input_WTD.narrow(0, step * options.BatchWindows, options.BatchWindows);
            var target_BTD = output_WTD.narrow(0, step * options.BatchWindows, options.BatchWindows) - x_BTD;
            var loss = (subblock.Delta(x_BTD, activations.Context, activations.Layer)! - target_BTD).square().sum() / target_BTD.square().sum();
            loss.backward();
            optimiser.Step(options.LearningRate);
        }
    }

    // The parent's layer, once.
    private static double Own(ModelConfig config, long tokens)
    {
        double hidden = config.HiddenSize, heads = config.Heads * config.HeadDim;
        var own = (GroupedQuerySpec)config.Layers[0].Attention;
        var width = ((SwiGluSpec)config.Layers[0].FeedForward).IntermediateSize;
        return tokens * (2 * hidden * (heads + 2.0 * own.KvHeads * config.HeadDim) + 2 * heads * hidden + 2 * StudyText.Length * heads + 6 * hidden * width);
    }

    private static double Useful(ModelConfig config, long tokens)
    {
        double hidden = config.HiddenSize, heads = config.Heads * config.HeadDim;
        double Attention(int kv) => hidden * (heads + 2.0 * kv * config.HeadDim);
        var scores = StudyText.Length * heads;
        var perToken = 0.0;
        foreach (var spec in s_specs)
        {
            perToken += spec switch
            {
                SwiGluSpec swiGlu => 14 * hidden * swiGlu.IntermediateSize,
                GroupedQuerySpec grouped => 4 * Attention(grouped.KvHeads) + 6 * heads * hidden + 7 * scores,
                _ => 4 * hidden * hidden,
            };
        }

        return Own(config, tokens) + perToken * tokens;
    }

    // As libtorch would do it without this tool's products.
    private static double OnLibtorchsProducts(Func<double> measure)
    {
        var wide = Products.Wide;
        Products.Wide = false;
        try
        {
            return measure();
        }
        finally
        {
            Products.Wide = wide;
        }
    }

    // The best of square and of tall products x wᵀ.
    private static double Peak(Func<Tensor, Tensor, Tensor> product)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var best = 0.0;
        foreach (var (m, k, n) in new[] { (2048L, 2048L, 2048L), (2048, 576, 3072) })
        {
            var (a, b) = (rand(m, k), rand(n, k));
            for (var i = 0; i < 6; i++)
                best = Math.Max(best, 2.0 * m * k * n / Seconds(() => product(a, b).Dispose()));
        }

        return best;
    }

    private static double Seconds(Action action)
    {
        var start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static string Text(double value) => value.ToString(value >= 100 ? "N0" : "G3", CultureInfo.InvariantCulture);
}
