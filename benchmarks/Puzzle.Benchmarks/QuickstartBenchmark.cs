using System.Diagnostics;
using System.Text.Json.Nodes;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Distillation;
using Puzzle.Core.Errors;
using Puzzle.Core.Evaluation;
using Puzzle.Core.Library;
using Puzzle.Core.Measurement;
using Puzzle.Core.Recipes;
using Puzzle.Core.Runs;
using Puzzle.Core.Variants;
using static TorchSharp.torch;

namespace Puzzle.Benchmarks;

/// <summary>The quickstart as a newcomer runs it: one process, one recipe, everything new; what each stage took.</summary>
internal sealed class QuickstartBenchmark : IBenchmark
{
    private const int PeakSize = 1536;

    public string Name => "quickstart";

    public string Purpose => "the quickstart run: speed-up, recovery, tokens/s of distillation, time and peak memory of each stage";

    public BenchmarkResult Run(BenchmarkContext context)
    {
        var folder = context.WorkFolder("quickstart");
        var recipePath = Path.Combine(context.Root, "recipes", "quickstart.yaml");
        var watch = Stopwatch.StartNew();
        var summary = Puzzle(context, "run", recipePath, "--set", $"output={folder}", "--json");
        var minutes = watch.Elapsed.TotalMinutes;
        var again = Stopwatch.StartNew();
        Puzzle(context, "run", recipePath, "--set", $"output={folder}", "--json");
        var peak = MatrixPeak();
        var recipe = RecipeReader.Read<Recipe>(recipePath, []);
        var (flops, tokens, layers) = Useful(recipe, folder);
        var stages = summary["stages"]!.AsObject();
        var distill = (double)stages["distill"]!["seconds"]!;
        var metrics = new Dictionary<string, double>
        {
            ["minutes"] = minutes,
            ["second_run_seconds"] = again.Elapsed.TotalSeconds,
            ["speedup"] = (double)summary["speedup"]!,
            ["recovery"] = (double)summary["recovery"]!,
            ["distill_tokens_per_s"] = tokens * layers / distill,
            ["distill_share_of_peak"] = flops / distill / peak,
            ["matrix_peak_gflops"] = peak / 1e9,
        };
        var evaluation = AtomicFile.ReadJson<ChildEvaluation>(Path.Combine(folder, "evaluate", ChildEvaluation.File));
        metrics["recovery_over_best_baseline"] = metrics["recovery"] - evaluation.Baselines.Max(baseline => baseline.Recovery ?? 0);
        var torch = evaluation.Speeds.First(speed => speed.Engine == "torch");
        if (evaluation.Speeds.FirstOrDefault(speed => speed.Engine == "llama_cpp") is { } llama)
        {
            metrics["speedup_llama_cpp"] = llama.Speedup;
            metrics["parent_over_llama_cpp"] = torch.Parent.TokensPerSecond / llama.Parent.TokensPerSecond;
        }

        foreach (var (name, stage) in stages)
        {
            metrics[$"{name}_seconds"] = (double)stage!["seconds"]!;
            metrics[$"{name}_peak_mib"] = (double?)stage["peak_mib"] ?? double.NaN;
        }

        return new BenchmarkResult
        {
            Metrics = metrics,
            Tables =
            [
                new("Stages", ["stage", "seconds", "peak MiB"], [.. stages.Select(stage => (IReadOnlyList<string>)[stage.Key, $"{(double)stage.Value!["seconds"]!:0.0}", $"{(double?)stage.Value["peak_mib"]:0}"])]),
                new("Quickstart", ["what", "value"],
                [
                    ["minutes, first run", $"{minutes:0.0}"],
                    ["seconds, second run", $"{again.Elapsed.TotalSeconds:0.0}"],
                    ["speed-up, measured", $"{metrics["speedup"]:0.00}x"],
                    ["recovery", $"{metrics["recovery"]:P1}"],
                    ["layer-tokens/s of distillation", $"{metrics["distill_tokens_per_s"]:N0}"],
                    ["share of the float32 matrix peak", $"{metrics["distill_share_of_peak"]:P0} of {peak / 1e9:0} GFLOP/s"],
                ]),
                new("Parent, child and baselines", ["model", "engine", "batch, parent and its own", "tokens/s, parent and its own", "speed-up", "recovery"],
                [
                    .. evaluation.Speeds.Select(speed => Row("child", speed, evaluation.Recovery)),
                    .. evaluation.Baselines.SelectMany(baseline => baseline.Speeds.Select(speed => Row(baseline.Name, speed, baseline.Recovery))),
                ]),
            ],
            Notes = ["Useful work of distillation: the parent's block once, and for each trained variant and token 4 operations a weight that needs no gradient of its input, 6 for the others."],
        };
    }

    private static IReadOnlyList<string> Row(string name, SpeedComparison speed, double? recovery) =>
    [
        name, speed.Engine, $"{speed.Parent.Workload.Batch}, {speed.Child.Workload.Batch}", $"{speed.Parent.TokensPerSecond:N0}, {speed.Child.TokensPerSecond:N0}",
        $"{speed.Speedup:0.00}x", $"{recovery:P1}",
    ];

    private static JsonObject Puzzle(BenchmarkContext context, params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(context.Root, "puzzle"), arguments) { UseShellExecute = false, RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? JsonNode.Parse(output.TrimEnd('\n').Split('\n')[^1])!.AsObject()
            : throw new OutOfResourceException($"puzzle {string.Join(' ', arguments)} ended with exit code {process.ExitCode}");
    }

    private static (double Flops, double Tokens, int Layers) Useful(Recipe recipe, string folder)
    {
        using var parent = CheckpointFile.Open(recipe.Parent);
        var config = parent.Config;
        var tokens = (double)(recipe.Distill.Tokens?.Value ?? AtomicFile.TryReadJson<JsonObject>(Path.Combine(folder, "distill", "budget.done.json"))?["record"]?["tokens"]?.GetValue<long>() ?? 0);
        using var view = RunFolder.View(folder);
        var flops = 2.0 * VariantCatalogue.BlockParameters(config) * tokens;
        for (var layer = 0; layer < config.Layers.Count; layer++)
        {
            foreach (var (id, record) in VariantFiles.Records<DistillRecord>(view, "distill", layer))
                flops += record.Trained ? tokens * OfVariant(id, config) : 0;
        }

        return (flops, tokens, config.Layers.Count);
    }

    private static double OfVariant(string id, Core.Models.ModelConfig config)
    {
        double hidden = config.HiddenSize, queries = (double)config.Heads * config.HeadDim;
        return id switch
        {
            "attn_linear" or "ffn_linear" => 4 * hidden * hidden,
            _ when id.StartsWith("ffn_", StringComparison.Ordinal) => 14 * hidden * int.Parse(id[4..], System.Globalization.CultureInfo.InvariantCulture),
            _ => hidden * ((4 * (queries + 2.0 * int.Parse(id[4..].Split('_')[0], System.Globalization.CultureInfo.InvariantCulture) * config.HeadDim)) + (6 * queries)),
        };
    }

    private static double MatrixPeak()
    {
        set_num_threads(Environment.ProcessorCount);
        using var scope = NewDisposeScope();
        var (a, b) = (randn(PeakSize, PeakSize), randn(PeakSize, PeakSize));
        var seconds = BenchmarkContext.MedianSeconds(7, () =>
        {
            using var inner = NewDisposeScope();
            a.matmul(b);
        });
        return 2.0 * PeakSize * PeakSize * PeakSize / seconds;
    }
}
