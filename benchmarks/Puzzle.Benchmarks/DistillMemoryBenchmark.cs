using System.Globalization;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Distillation;
using Puzzle.Core.Initialisation;
using Puzzle.Core.Models;
using Puzzle.Core.Telemetry;
using Puzzle.Core.Text;
using Puzzle.Core.Variants;
using static TorchSharp.torch;

namespace Puzzle.Benchmarks;

/// <summary>Distilling SmolLM2-135M within 3 GiB: more tokens than memory could hold between layers, so the stream lies on disk.</summary>
internal sealed class DistillMemoryBenchmark : IBenchmark
{
    private const double Gib = 1073741824;
    private const int Tokens = 12_288;
    private const int Held = 16;

    public string Name => "distill-memory";

    public string Purpose => "peak memory of distilling all children of SmolLM2-135M's layers with the parent's stream on disk";

    public BenchmarkResult Run(BenchmarkContext context)
    {
        using var scope = NewDisposeScope();
        ProcessMemory.ResetPeak();
        var metrics = new Dictionary<string, double>();
        var rows = new List<IReadOnlyList<string>>();
        using var checkpoint = CheckpointFile.Open(context.Shared("models", "smollm2-135m-instruct"));
        using var parent = ModelLoader.Load(checkpoint);
        var text = new StudyText(context, Tokenizers.Load(checkpoint.Path));
        SubblockSpec[] specs = [new GroupedQuerySpec(1), new LinearAttentionSpec(), new SwiGluSpec(1344), new SwiGluSpec(1152), new SwiGluSpec(768), new SwiGluSpec(384), new LinearFeedForwardSpec()];
        var ids_WT = text.Head(Tokens, "books", "jane-austen-pride-and-prejudice.md");
        var folder = context.WorkFolder("distill-memory");
        using var calibration = new ParentActivations(parent, ids_WT.narrow(0, 0, 16));
        using var stream = new ParentStream(parent, ids_WT, folder: folder);
        var options = new DistillOptions { BatchWindows = 16, EvaluateEvery = 2, Tokens = Tokens };
        do
        {
            using var layer = NewDisposeScope();
            var started = Initialiser.Start(parent, calibration, specs, Initialiser.Paper).ToArray();
            var distilled = BlockDistiller.Distill(parent, stream, Held, started, options, (step, steps, loss) => context.Say($"layer {stream.Layer}, step {step} of {steps}: {loss:0.0000}"));
            foreach (var variant in distilled)
                variant.Subblock.Dispose();
            rows.Add([$"{stream.Layer}", Text(ProcessMemory.Peak / Gib)]);
        }
        while (stream.Advance() && calibration.Advance());

        metrics["peak_gib"] = ProcessMemory.Peak / Gib;
        metrics["parent_gib"] = parent.ParameterCount * sizeof(float) / Gib;
        return new BenchmarkResult
        {
            Metrics = metrics,
            Tables = [new BenchmarkTable($"SmolLM2-135M, {specs.Length} children a layer, steps of {options.BatchWindows * StudyText.Length} tokens, stream on disk", ["layer", "peak GiB so far"], rows)],
            Notes = ["peak resident memory of the process, libtorch and the parent's weights included; the stream's size does not matter: a step's windows are in memory, the rest is in a file"],
        };
    }

    private static string Text(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
