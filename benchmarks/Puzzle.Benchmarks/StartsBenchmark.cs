using System.Globalization;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Initialisation;
using Puzzle.Core.Models;
using Puzzle.Core.Text;
using Puzzle.Core.Variants;
using static TorchSharp.torch;

namespace Puzzle.Benchmarks;

/// <summary>
/// Held-out normalised error of every start of every variant, without any training: plain MSE of the subblock's output on text
/// that neither chose nor fitted anything, mean over layers. What is done of a layer is kept, so that an interrupted run goes on.
/// </summary>
internal sealed class StartsBenchmark : IBenchmark
{
    private const int CalibrationTokens = 16_384;
    private const int HeldOutTokens = 8_192;

    public string Name => "starts";

    public string Purpose => "held-out error of every start of every variant of three parents, the best against the paper's";

    public BenchmarkResult Run(BenchmarkContext context)
    {
        var metrics = new Dictionary<string, double>();
        var tables = new List<BenchmarkTable>();
        foreach (var (name, path, calibration, held) in new[]
        {
            ("tinystories-656K", (string[])["models", "tinystories-656K"], (string[]?)["tinystories", "train.txt"], (string[])["tinystories", "validation.txt"]),
            ("stories260K", ["models", "stories260K", "stories260K-f32-ggufv3.gguf"], ["tinystories", "train.txt"], ["tinystories", "validation.txt"]),
            ("smollm2-135m", ["models", "smollm2-135m-instruct"], null, ["books", "validation-1.md"]),
        })
            tables.Add(Study(context, name, context.Shared(path), calibration, held, metrics));
        return new BenchmarkResult
        {
            Metrics = metrics,
            Tables = tables,
            Notes = [$"{CalibrationTokens} tokens of calibration text (for SmolLM2 from all training books), a quarter of it held out to choose ridge strengths and starts; errors on {HeldOutTokens} other tokens; windows of {StudyText.Length}; float32; no training"],
        };
    }

    private static BenchmarkTable Study(BenchmarkContext context, string name, string path, string[]? calibration, string[] held, Dictionary<string, double> metrics)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var checkpoint = CheckpointFile.Open(path);
        var tokenizer = Tokenizers.Load(checkpoint.Path);
        using var parent = ModelLoader.Load(checkpoint);
        var text = new StudyText(context, tokenizer);
        var rows = new Dictionary<(string Spec, string Start), List<double>>();
        var cache = new LayerCache<Dictionary<string, double>>(context, $"starts-6-{name}");
        using var fit = new ParentActivations(parent, calibration is null ? text.Books(CalibrationTokens / StudyText.Length, 1) : text.Head(CalibrationTokens, calibration));
        using var judge = new ParentActivations(parent, text.Head(HeldOutTokens, held));
        do
        {
            var layer = fit.Layer;
            context.Say($"{name}: layer {layer}");
            foreach (var (key, error) in cache.Get(layer, () => Layer(parent, fit, judge)))
            {
                var at = key.Split(' ');
                if (!rows.TryGetValue((at[0], at[1]), out var errors))
                    rows[(at[0], at[1])] = errors = [];
                errors.Add(error);
            }
        }
        while (fit.Advance() && judge.Advance());

        foreach (var variant in rows.GroupBy(row => row.Key.Spec))
        {
            var (paper, best) = (variant.First().Value.Average(), variant.Single(row => row.Key.Start == "best").Value.Average());
            metrics[$"{name}/{variant.Key}/best"] = best;
            metrics[$"{name}/{variant.Key}/share_of_paper"] = best / Math.Max(paper, 1e-12);
        }

        metrics[$"{name}/worst_share_of_paper"] = metrics.Where(metric => metric.Key.StartsWith(name + "/", StringComparison.Ordinal) && metric.Key.EndsWith("/share_of_paper", StringComparison.Ordinal)).Max(metric => metric.Value);
        var starts = rows.Keys.Select(key => key.Start).Distinct().Where(start => start != "best").Append("best").ToArray();
        return new BenchmarkTable($"{name}: held-out normalised MSE, mean over {parent.Blocks.Count} layers", ["variant", .. starts], [.. rows.Keys.Select(key => key.Spec).Distinct().Select(spec => (IReadOnlyList<string>)
            [spec, .. starts.Select(start => rows.TryGetValue((spec, start), out var errors) ? errors.Average().ToString("0.0000", CultureInfo.InvariantCulture) : "")])]);
    }

    private static Dictionary<string, double> Layer(Transformer parent, ParentActivations fit, ParentActivations judge)
    {
        var errors = new Dictionary<string, double>();
        foreach (var kind in Enum.GetValues<SubblockKind>())
        {
            var specs = Specs(parent.Config, fit.Layer, kind);
            using var statistics = new SubblockStatistics(kind, parent.Config, judge, perToken: false, heldOut: 0);
            // The error that chooses comes from calibration text, the one that is reported does not.
            var best = specs.ToDictionary(spec => spec, _ => (Chosen: 0.0, Lowest: double.PositiveInfinity));
            foreach (var started in Initialiser.All(parent, fit, specs, perToken: false))
            {
                using var subblock = started.Subblock;
                var error = errors[$"{subblock.Spec.Id} {started.Start}"] = statistics.HeldOutError(subblock);
                if (started.Error < best[subblock.Spec].Lowest)
                    best[subblock.Spec] = (error, started.Error);
            }

            foreach (var spec in specs)
                errors[$"{spec.Id} best"] = best[spec].Chosen;
        }

        return errors;
    }

    private static SubblockSpec[] Specs(ModelConfig config, int layer, SubblockKind kind)
    {
        if (kind == SubblockKind.Attention)
        {
            var heads = ((GroupedQuerySpec)config.Layers[layer].Attention).KvHeads;
            return [.. Enumerable.Range(1, heads - 1).Where(k => heads % k == 0).Reverse().Select(k => new GroupedQuerySpec(k)), new GroupedQuerySpec(heads, 64), new GroupedQuerySpec(heads, 64, 4), new LinearAttentionSpec()];
        }

        var width = ((SwiGluSpec)config.Layers[layer].FeedForward).IntermediateSize;
        return [.. new[] { 7, 6, 4, 2, 1 }.Select(eighths => new SwiGluSpec(Math.Max(1, width * eighths / 8))), new LinearFeedForwardSpec()];
    }
}
