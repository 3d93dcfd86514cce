using System.Globalization;
using Puzzle.Core.Checkpoints;
using Puzzle.Serving.Bench;
using Puzzle.Serving.Engine;
using Puzzle.Serving.Kernels;
using Puzzle.Serving.LlamaCpp;

namespace Puzzle.Benchmarks;

/// <summary>Puzzle's engine beside llama.cpp on SmolLM2-135M: prefill and decode, round by round in turns, for every type of weights.</summary>
internal sealed class EngineBenchmark : IBenchmark
{
    private const int Rounds = 7;
    private const int Prompt = 512;
    private const int Context = 128;

    private static readonly int[] s_batches = [1, 8, 32];
    private static readonly (WeightType Kept, StoredType Stored)[] s_types =
        [(WeightType.F32, StoredType.F32), (WeightType.BF16, StoredType.BF16), (WeightType.Q8_0, StoredType.Q8_0), (WeightType.Q4_0, StoredType.Q4_0)];

    public string Name => "engine";

    public string Purpose => "the engine beside llama.cpp on SmolLM2-135M: prefill and decode in interleaved rounds, and how much of the machine both use";

    public BenchmarkResult Run(BenchmarkContext context)
    {
        var library = InstalledLlamaCpp.Find(context);
        var source = Directory.GetFiles(context.Shared("models", "smollm2-135m-instruct"), "*.gguf")[0];
        var work = context.WorkFolder("engine");
        var threads = Environment.ProcessorCount;
        var metrics = new Dictionary<string, double>();
        List<IReadOnlyList<string>> rows = [];
        var (bytes, operations) = (0.0, 0.0);
        foreach (var (kept, stored) in s_types)
        {
            var file = Path.Combine(work, $"{stored}.gguf");
            using var checkpoint = GgufFile.Open(source);
            GgufExport.Write(file, checkpoint.Config, checkpoint.Read, new() { Type = stored, Tokenizer = GgufTokenizerKeys.Copy(GgufMetadata.Read(source)) });
            var model = CpuModel.Load(checkpoint, kept);
            var shapes = Shapes(model);
            using IContestant ours = new EngineContestant(model, Prompt, s_batches, Context, threads);
            using IContestant theirs = new LlamaCppContestant(library, file, Prompt, s_batches, Context, threads);
            var seconds = shapes.Select(_ => (Ours: new List<double>(), Theirs: new List<double>())).ToArray();
            for (var round = -1; round < Rounds; round++)
            {
                context.Say($"{kept}: round {round + 1} of {Rounds}");
                for (var i = 0; i < shapes.Length; i++)
                {
                    var (mine, other) = (Time(ours, shapes[i].Batch), Time(theirs, shapes[i].Batch));
                    if (round < 0)
                        continue;
                    seconds[i].Ours.Add(mine);
                    seconds[i].Theirs.Add(other);
                }

                // The machine's best of the same minutes.
                var peaks = MachinePeaks.Measure(threads);
                (bytes, operations) = (Math.Max(bytes, peaks.BytesPerSecond), Math.Max(operations, peaks.OperationsPerSecond));
            }

            for (var i = 0; i < shapes.Length; i++)
            {
                Tell(kept, shapes[i], seconds[i], new(bytes, operations), metrics, rows);
                context.Say(string.Join("; ", rows[^1]));
            }

            File.Delete(file);
        }

        metrics["read_gb_per_s"] = bytes / 1e9;
        metrics["float32_gflops"] = operations / 1e9;
        return new BenchmarkResult
        {
            Metrics = metrics,
            Tables = [new($"SmolLM2-135M, {threads} threads, {library.Version}", ["weights", "what", "engine tokens/s", "llama.cpp tokens/s", "engine over llama.cpp", "in single rounds", "bandwidth: engine, llama.cpp", "float32 peak: engine, llama.cpp"], rows)],
            Notes =
            [
                $"Medians of {Rounds} interleaved rounds after one that does not count. Cache in float32 on both sides, llama.cpp without flash attention; decode with {Context} tokens before each step.",
                $"Bandwidth: weights once a pass and the keys and values looked at, against {bytes / 1e9:0.0} GB/s of a plain read; peak: multiplications and additions against {operations / 1e9:0} Gflop/s in registers; both the best of this run.",
                "Q4_0 files keep the embedding, which is the head too, in Q8_0 on both sides. The engine computes in float32 with every type; llama.cpp rounds activations to the type it multiplies in.",
            ],
        };
    }

    private static (string Name, int Batch, int Tokens, PassWork Work)[] Shapes(CpuModel model) =>
    [
        ($"prefill_{Prompt}", 0, Prompt, PassWork.Of(model, [(0, Prompt)], 1)),
        .. s_batches.Select(batch => ($"decode_{batch}", batch, batch, PassWork.Of(model, Enumerable.Repeat((Context, 1), batch), batch))),
    ];

    // Threads of the other engine may spin for a while after its pass.
    private static double Time(IContestant engine, int batch)
    {
        Thread.Sleep(30);
        return batch == 0 ? engine.Prefill(Prompt) : engine.Decode(batch, Context);
    }

    private static void Tell(WeightType kept, (string Name, int Batch, int Tokens, PassWork Work) shape, (List<double> Ours, List<double> Theirs) seconds, MachinePeaks peaks, Dictionary<string, double> metrics, List<IReadOnlyList<string>> rows)
    {
        var (ours, theirs) = (BenchmarkContext.Median(seconds.Ours), BenchmarkContext.Median(seconds.Theirs));
        var ratios = seconds.Ours.Zip(seconds.Theirs, (mine, other) => other / mine).Order().ToArray();
        double Mbu(double time) => 100 * shape.Work.Bytes / time / peaks.BytesPerSecond;
        double Mfu(double time) => 100 * shape.Work.Operations / time / peaks.OperationsPerSecond;
        var name = kept == WeightType.F32 ? shape.Name : $"{kept.ToString().ToLowerInvariant()}/{shape.Name}";
        metrics[$"{name}_ratio"] = theirs / ours;
        metrics[$"{name}_tokens_per_s"] = shape.Tokens / ours;
        metrics[$"{name}_llama_cpp_tokens_per_s"] = shape.Tokens / theirs;
        metrics[$"{name}_mbu_percent"] = Mbu(ours);
        metrics[$"{name}_mfu_percent"] = Mfu(ours);
        string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
        rows.Add(
        [
            kept.ToString().ToLowerInvariant(),
            shape.Batch == 0 ? $"prefill, {Prompt} tokens" : $"decode, batch {shape.Batch}",
            Text($"{shape.Tokens / ours:0.0}"),
            Text($"{shape.Tokens / theirs:0.0}"),
            Text($"{theirs / ours:0.00}x"),
            Text($"{ratios[0]:0.00} to {ratios[^1]:0.00}"),
            Text($"{Mbu(ours):0} %, {Mbu(theirs):0} %"),
            Text($"{Mfu(ours):0} %, {Mfu(theirs):0} %"),
        ]);
    }
}
