using Puzzle.Core.Checkpoints;
using Puzzle.Core.Errors;
using Puzzle.Core.Measurement;
using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Variants;
using Puzzle.Serving.Costs;
using Puzzle.Serving.Costs.LlamaCpp;
using Puzzle.Serving.Engine;
using static TorchSharp.torch;

namespace Puzzle.Benchmarks;

/// <summary>How well sums of measured subblocks predict the time of whole children, end to end, on one engine.</summary>
/// <param name="name">The benchmark's name.</param>
/// <param name="engineName">The engine, for people.</param>
/// <param name="engine">Times subblocks.</param>
/// <param name="load">Loads a child to be timed, with weights that mean nothing.</param>
internal sealed class PredictionBenchmark(string name, string engineName, ICostEngine engine, Func<ModelConfig, ITimedModel> load) : IBenchmark
{
    private const int Children = 20;
    private const int FitChildren = 5;
    private const int Rounds = 3;

    private static readonly MeasureSection s_settings = new() { Repeats = 5, Warmup = 1 };

    public string Name => name;

    public string Purpose => $"times of 20 random children in 3 scenarios on {engineName}: predicted from their subblocks against measured end to end";

    /// <summary>On this tool's engine.</summary>
    public static PredictionBenchmark OnTorch() => new("prediction", "torch", new EngineCostEngine(), child => new TimedModel(CpuModel.Pack(child, Fill), new EngineOptions()));

    /// <summary>On llama.cpp itself.</summary>
    public static PredictionBenchmark OnLlamaCpp() => new("prediction-llama-cpp", "llama.cpp", new LlamaCppCostEngine(), child => new LlamaCppCostEngine().Load(child, Fill, new MeasureSection()));

    public BenchmarkResult Run(BenchmarkContext context)
    {
        if (engine.Unavailable is { } reason)
            throw new RecipeException($"{Name}: {reason}");
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
            Tables = [new("Error of the predicted time of a whole scenario", ["library", "scenario", "median", "90th percentile", "worst", "factors: prefill, decode", "without them: median, 90th percentile", "machine's repeatability"], rows)],
            Notes =
            [
                $"{Children} random children a library, {Rounds} interleaved rounds each; predicted as the sum of subblocks times one factor for prefill and one for decoding, fitted on {FitChildren} other children of the same rounds; beside it with nothing fitted.",
                "The quickstart library is timed in its shape (8 layers, hidden 128, vocabulary 1024) with random weights: times do not depend on them.",
                "Repeatability: median distance of one run from the median of its child's runs.",
            ],
        };
    }

    private void Measure(BenchmarkContext context, string library, Transformer parent, Workload[] workloads, Dictionary<string, double> metrics, List<IReadOnlyList<string>> rows)
    {
        var config = parent.Config;
        var (attention, feedForward) = Variants(config, engine);
        var costs = new Dictionary<Workload, WorkloadCosts>();
        context.Say($"{library}: timing {attention.Length + feedForward.Length} subblocks under {workloads.Length} workloads");
        engine.Measure(parent, [.. attention, .. feedForward], workloads, s_settings, measured => costs[measured.Workload] = measured, default);
        var children = RandomChildren(config, attention, feedForward, engine);
        var errors = new List<double>();
        var repeats = new List<double>();
        context.Say($"{library}: timing {children.Length} children");
        var all = Time(context, children, workloads, config.TieWordEmbeddings);
        foreach (var workload in workloads)
        {
            var times = all[workload];
            var predicted = children.Select(child => Predict(costs[workload], child)).ToArray();
            var measured = times.Select(runs => (Prefill: GenerationTimer.Median(runs.Select(run => run.FirstTokenMs)), Decode: GenerationTimer.Median(runs.Select(run => run.TotalMs - run.FirstTokenMs)))).ToArray();
            var prefillFactor = GenerationTimer.Median(Enumerable.Range(0, FitChildren).Select(i => measured[i].Prefill / predicted[i].Prefill));
            var decodeFactor = GenerationTimer.Median(Enumerable.Range(0, FitChildren).Select(i => measured[i].Decode / predicted[i].Decode));
            double[] Errors(double prefill, double decode) => [.. Enumerable.Range(FitChildren, Children).Select(i => Math.Abs((predicted[i].Prefill * prefill + predicted[i].Decode * decode) / (measured[i].Prefill + measured[i].Decode) - 1)).Order()];
            var (fitted, plain) = (Errors(prefillFactor, decodeFactor), Errors(1, 1));
            var repeatability = times.SelectMany(runs => runs.Select(run => Math.Abs(run.TotalMs / GenerationTimer.Median(runs.Select(other => other.TotalMs)) - 1))).ToArray();
            errors.AddRange(fitted);
            repeats.AddRange(repeatability);
            rows.Add([library, $"batch {workload.Batch}, {workload.PromptTokens} in, {workload.OutputTokens} out", $"{GenerationTimer.Median(fitted):P1}", $"{fitted[(int)(0.9 * Children)]:P1}", $"{fitted[^1]:P1}", $"{prefillFactor:0.000}, {decodeFactor:0.000}", $"{GenerationTimer.Median(plain):P1}, {plain[(int)(0.9 * Children)]:P1}", $"{repeatability.Average():P1}"]);
        }

        errors.Sort();
        metrics[$"{library}_median_percent"] = 100 * GenerationTimer.Median(errors);
        metrics[$"{library}_90th_percent"] = 100 * errors[(int)(0.9 * errors.Count)];
        metrics[$"{library}_repeatability_percent"] = 100 * repeats.Average();
    }

    // Weights are built once a child and round: a round times every child under every workload once.
    private Dictionary<Workload, List<GenerationTime>[]> Time(BenchmarkContext context, ModelConfig[] children, Workload[] workloads, bool tied)
    {
        var times = workloads.ToDictionary(workload => workload, _ => children.Select(_ => new List<GenerationTime>()).ToArray());
        for (var round = 0; round < Rounds; round++)
        {
            context.Say($"round {round + 1} of {Rounds}");
            // Another order each round: what is timed early or late in one is not so in the next.
            var order = Enumerable.Range(0, children.Length).ToArray();
            new Random(round).Shuffle(order);
            foreach (var i in order)
            {
                using var model = load(children[i] with { TieWordEmbeddings = tied });
                foreach (var workload in workloads)
                {
                    model.Time(workload with { OutputTokens = 4 });
                    if (engine.Engine == MeasureEngine.Torch)
                        model.Time(workload);
                    times[workload][i].Add(model.Time(workload));
                }
            }
        }

        return times;
    }

    private static (double Prefill, double Decode) Predict(WorkloadCosts costs, ModelConfig child)
    {
        var cost = costs.Of(child.Layers);
        return (cost.PrefillMs, (costs.Workload.OutputTokens - 1) * cost.DecodeMs);
    }

    // All that the engine can run behind a layer of the parent's.
    private static (AttentionSpec[], FeedForwardSpec[]) Variants(ModelConfig config, ICostEngine engine)
    {
        var width = ((SwiGluSpec)config.Layers[0].FeedForward).IntermediateSize;
        var heads = config.MaxKvHeads;
        bool Runs(FeedForwardSpec spec) => engine.Problem(config with { Layers = [config.Layers[0], config.Layers[0] with { FeedForward = spec }] }) is null;
        return ([.. Enumerable.Range(1, heads).Where(k => heads % k == 0).Select(k => new GroupedQuerySpec(k)), new LinearAttentionSpec(), new NoOpAttentionSpec()],
            [.. new[] { 1, 0.75, 0.5, 0.25 }.Select(share => new SwiGluSpec((int)(share * width) / 32 * 32)).Append<FeedForwardSpec>(new LinearFeedForwardSpec()).Append(new NoOpFeedForwardSpec()).Where(Runs)]);
    }

    // Layers that the engine cannot run where they fell get the parent's first layer, or the widest network.
    private static ModelConfig[] RandomChildren(ModelConfig config, AttentionSpec[] attention, FeedForwardSpec[] feedForward, ICostEngine engine)
    {
        var random = new Random(7);
        var children = new List<ModelConfig>();
        while (children.Count < FitChildren + Children)
        {
            var child = config with { Layers = [.. config.Layers.Select(_ => new LayerSpec(attention[random.Next(attention.Length)], feedForward[random.Next(feedForward.Length)]))] };
            if (engine.Problem(child) is not null)
                child = child with { Layers = [config.Layers[0], .. child.Layers.Skip(1).Select(layer => engine.Problem(config with { Layers = [config.Layers[0], layer] }) is null ? layer : layer with { FeedForward = feedForward[0] })] };
            children.Add(child);
        }

        return [.. children];
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
