using Puzzle.Core.Checkpoints;
using Puzzle.Core.Measurement;
using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Variants;
using Puzzle.Serving.Costs;
using Puzzle.Serving.Engine;
using static TorchSharp.torch;

namespace Puzzle.Benchmarks;

/// <summary>How well sums of measured subblocks predict the time of whole children, end to end.</summary>
internal sealed class PredictionBenchmark : IBenchmark
{
    private const int Children = 20;
    private const int FitChildren = 5;
    private const int Rounds = 3;

    private static readonly MeasureSection s_settings = new() { Repeats = 5, Warmup = 1 };

    public string Name => "prediction";

    public string Purpose => "times of 20 random children in 3 scenarios: predicted from their subblocks against measured end to end";

    public BenchmarkResult Run(BenchmarkContext context)
    {
        set_num_threads(Environment.ProcessorCount);
        var metrics = new Dictionary<string, double>();
        var rows = new List<IReadOnlyList<string>>();
        using (var small = Random(Quickstart()))
            Measure(context, "quickstart", small, [new(1, 96, 32), new(8, 96, 32), new(16, 32, 96)], metrics, rows);
        if (context.FindShared("models", "smollm2-135m-instruct") is { } folder)
        {
            using var checkpoint = CheckpointFile.Open(folder);
            using var model = ModelLoader.Load(checkpoint);
            Measure(context, "smollm2", model, [new(1, 128, 32), new(8, 128, 32), new(32, 64, 32)], metrics, rows);
        }

        return new BenchmarkResult
        {
            Metrics = metrics,
            Tables = [new("Error of the predicted time of a whole scenario", ["library", "scenario", "median", "90th percentile", "worst", "before the factors: median", "machine's repeatability"], rows)],
            Notes =
            [
                $"{Children} random children a library, {Rounds} interleaved rounds each; one factor for prefill and one for decoding, fitted on {FitChildren} other children.",
                "The quickstart library is timed in its shape (8 layers, hidden 128, vocabulary 1024) with random weights: times do not depend on them.",
                "Repeatability: median distance of one run from the median of its child's runs.",
            ],
        };
    }

    private static void Measure(BenchmarkContext context, string library, Transformer parent, Workload[] workloads, Dictionary<string, double> metrics, List<IReadOnlyList<string>> rows)
    {
        var config = parent.Config;
        var (attention, feedForward) = Variants(config);
        var engine = new EngineCostEngine();
        var costs = new Dictionary<Workload, WorkloadCosts>();
        context.Say($"{library}: timing {attention.Length + feedForward.Length} subblocks under {workloads.Length} workloads");
        engine.Measure(parent, [.. attention, .. feedForward], workloads, s_settings, measured => costs[measured.Workload] = measured, default);
        var random = new Random(7);
        var children = Enumerable.Range(0, FitChildren + Children).Select(_ => config with { Layers = [.. config.Layers.Select(_ => new LayerSpec(attention[random.Next(attention.Length)], feedForward[random.Next(feedForward.Length)]))] }).ToArray();
        var errors = new List<double>();
        var repeats = new List<double>();
        foreach (var workload in workloads)
        {
            context.Say($"{library}: {children.Length} children at batch {workload.Batch}");
            var times = Time(children, workload, config.TieWordEmbeddings);
            var predicted = children.Select(child => Predict(costs[workload], child)).ToArray();
            var measured = times.Select(runs => (Prefill: GenerationTimer.Median(runs.Select(run => run.FirstTokenMs)), Decode: GenerationTimer.Median(runs.Select(run => run.TotalMs - run.FirstTokenMs)))).ToArray();
            var prefillFactor = GenerationTimer.Median(Enumerable.Range(0, FitChildren).Select(i => measured[i].Prefill / predicted[i].Prefill));
            var decodeFactor = GenerationTimer.Median(Enumerable.Range(0, FitChildren).Select(i => measured[i].Decode / predicted[i].Decode));
            double[] Errors(double prefill, double decode) => [.. Enumerable.Range(FitChildren, Children).Select(i => Math.Abs((predicted[i].Prefill * prefill + predicted[i].Decode * decode) / (measured[i].Prefill + measured[i].Decode) - 1)).Order()];
            var (fitted, plain) = (Errors(prefillFactor, decodeFactor), Errors(1, 1));
            var repeatability = times.SelectMany(runs => runs.Select(run => Math.Abs(run.TotalMs / GenerationTimer.Median(runs.Select(other => other.TotalMs)) - 1))).ToArray();
            errors.AddRange(fitted);
            repeats.AddRange(repeatability);
            rows.Add([library, $"batch {workload.Batch}, {workload.PromptTokens} in, {workload.OutputTokens} out", $"{GenerationTimer.Median(fitted):P1}", $"{fitted[(int)(0.9 * Children)]:P1}", $"{fitted[^1]:P1}", $"{GenerationTimer.Median(plain):P1} (factors {prefillFactor:0.000}, {decodeFactor:0.000})", $"{repeatability.Average():P1}"]);
        }

        errors.Sort();
        metrics[$"{library}_median_percent"] = 100 * GenerationTimer.Median(errors);
        metrics[$"{library}_90th_percent"] = 100 * errors[(int)(0.9 * errors.Count)];
        metrics[$"{library}_repeatability_percent"] = 100 * repeats.Average();
    }

    // Weights are built once a child and workload round: a round times every child once.
    private static List<GenerationTime>[] Time(ModelConfig[] children, Workload workload, bool tied)
    {
        var times = children.Select(_ => new List<GenerationTime>()).ToArray();
        for (var round = 0; round < Rounds; round++)
        {
            for (var i = 0; i < children.Length; i++)
            {
                using var model = new TimedModel(CpuModel.Pack(children[i] with { TieWordEmbeddings = tied }, Fill), new EngineOptions());
                model.Time(workload with { OutputTokens = 4 });
                model.Time(workload);
                times[i].Add(model.Time(workload));
            }
        }

        return times;
    }

    private static (double Prefill, double Decode) Predict(WorkloadCosts costs, ModelConfig child)
    {
        double Sum(Func<SubblockCost, double> value) => value(costs.Fixed) + child.Layers.Sum(layer => value(costs.Of(layer.Attention)) + value(costs.Of(layer.FeedForward)));
        return (Sum(cost => cost.PrefillMs), (costs.Workload.OutputTokens - 1) * Sum(cost => cost.DecodeMs));
    }

    private static (AttentionSpec[], FeedForwardSpec[]) Variants(ModelConfig config)
    {
        var width = ((SwiGluSpec)config.Layers[0].FeedForward).IntermediateSize;
        var heads = config.MaxKvHeads;
        return ([.. Enumerable.Range(1, heads).Where(k => heads % k == 0).Select(k => new GroupedQuerySpec(k)), new LinearAttentionSpec(), new NoOpAttentionSpec()],
            [.. new[] { 1, 0.75, 0.5, 0.25 }.Select(share => new SwiGluSpec((int)(share * width) / 32 * 32)), new LinearFeedForwardSpec(), new NoOpFeedForwardSpec()]);
    }

    private static ModelConfig Quickstart() => new()
    {
        Family = "llama",
        HiddenSize = 128,
        VocabSize = 1024,
        Heads = 8,
        HeadDim = 16,
        TieWordEmbeddings = true,
        Layers = [.. Enumerable.Repeat(new LayerSpec(new GroupedQuerySpec(8), new SwiGluSpec(256)), 8)],
    };

    private static Transformer Random(ModelConfig config)
    {
        var embedding = (randn([config.VocabSize, config.HiddenSize]) * 0.02).DetachFromDisposeScope();
        WeightReader reader = (_, rows, columns) => (columns is { } width ? randn([rows.Sum(), width]) * 0.02 : ones(rows.Sum())).DetachFromDisposeScope();
        return new Transformer(config, embedding, ones(config.HiddenSize).DetachFromDisposeScope(), embedding, config.Layers.Select(layer => new Block(
            VariantCatalogue.Of(layer.Attention).Read(layer.Attention, config, reader), VariantCatalogue.Of(layer.FeedForward).Read(layer.FeedForward, config, reader))));
    }

    private static void Fill(string name, Span<float> values)
    {
        for (var i = 0; i < values.Length; i++)
            values[i] = (i * 37 % 101 - 50) / 2500f;
    }
}
