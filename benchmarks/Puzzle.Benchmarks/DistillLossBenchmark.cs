using System.Diagnostics;
using System.Globalization;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Distillation;
using Puzzle.Core.Initialisation;
using Puzzle.Core.Models;
using Puzzle.Core.Text;
using Puzzle.Core.Variants;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Benchmarks;

/// <summary>
/// Which loss and target blockwise distillation should have by default: some layers of SmolLM2-135M become small children, trained for
/// equal minutes each way, and the stitched models are compared with the parent. What is done of a layer is kept.
/// </summary>
internal sealed class DistillLossBenchmark : IBenchmark
{
    private const double SecondsALayer = 40;
    private const int Tokens = 32_768;
    private const int CalibrationTokens = 16_384;
    private const int JudgeTokens = 4_096;
    // In 11 and 28 the network writes a massive activation into one token (26,000 and 14,000 where others have 28 and 170), in 2 and 9 a large one.
    private static readonly int[] s_layers = [2, 9, 11, 16, 23, 28];
    private static readonly SubblockSpec[] s_child = [new GroupedQuerySpec(1), new SwiGluSpec(384)];
    private static readonly Way[] s_ways =
    [
        new("mse, not trained", false, null), new("mse_per_token, not trained", true, null),
        new("mse, block", false, new() { PerToken = false, BlockTarget = true }), new("mse, subblock", false, new() { PerToken = false }),
        new("mse_per_token, block", true, new() { PerToken = true, BlockTarget = true }), new("mse_per_token, subblock", true, new() { PerToken = true }),
        new("mse after starts by mse_per_token, subblock", true, new() { PerToken = false }),
    ];

    public string Name => "distill-loss";

    public string Purpose => "loss and target of blockwise distillation at equal minutes on SmolLM2-135M, by the KL of the stitched child";

    public BenchmarkResult Run(BenchmarkContext context)
    {
        using var scope = NewDisposeScope();
        using var checkpoint = CheckpointFile.Open(context.Shared("models", "smollm2-135m-instruct"));
        using var parent = ModelLoader.Load(checkpoint);
        var text = new StudyText(context, Tokenizers.Load(checkpoint.Path));
        var cache = new LayerCache<LayerRecord>(context, "distill-loss");
        string FileOf(int layer, string way) => Path.Combine(cache.Folder, string.Create(CultureInfo.InvariantCulture, $"{way.Replace(", ", "-", StringComparison.Ordinal)}-{layer:00}.safetensors"));
        ParentActivations? calibration = null, activations = null;
        var records = new Dictionary<(string Way, int Layer), LayerRecord>();
        foreach (var layer in s_layers)
        {
            foreach (var way in s_ways)
            {
                var name = way.Name;
                records[(name, layer)] = cache.Get($"{name} {layer}", () =>
                {
                    context.Say($"layer {layer}: {name}");
                    calibration ??= new ParentActivations(parent, text.Mixed(CalibrationTokens / StudyText.Length, 1));
                    activations ??= new ParentActivations(parent, text.Mixed(Tokens / StudyText.Length, 2));
                    while (activations.Layer < layer && activations.Advance())
                        calibration.Advance();
                    var (record, subblocks) = Train(parent, calibration, activations, way);
                    Directory.CreateDirectory(cache.Folder);
                    Core.Library.LayerFile.Write(FileOf(layer, name), subblocks);
                    foreach (var subblock in subblocks)
                        subblock.Dispose();
                    return record;
                });
            }
        }

        activations?.Dispose();
        calibration?.Dispose();
        using var judge = new QualityJudge(parent, text.Head(JudgeTokens, "books", "validation-3.md"), text.Head(JudgeTokens, "wikitext-2", "test.txt"));
        var metrics = new Dictionary<string, double>();
        var rows = new List<IReadOnlyList<string>>();
        foreach (var name in s_ways.Select(way => way.Name))
        {
            using var child = Stitch(parent, layer => FileOf(layer, name));
            var (books, wiki) = judge.Compare(child);
            var key = name.Replace(",", "", StringComparison.Ordinal).Replace(' ', '_');
            metrics[$"{key}_books"] = books.Kl;
            metrics[$"{key}_wikitext"] = wiki.Kl;
            rows.Add([name, Text(books.Kl), Text(wiki.Kl), s_layers.Average(layer => records[(name, layer)].Tokens).ToString("N0", CultureInfo.InvariantCulture)]);
        }

        return new BenchmarkResult
        {
            Metrics = metrics,
            Tables = [new BenchmarkTable($"SmolLM2-135M-Instruct, layers {string.Join(", ", s_layers)} as {string.Join(" and ", s_child.Select(spec => spec.Id))}, {SecondsALayer} s of training a layer", ["loss, target", "KL books", "KL wikitext-2", "tokens a layer"], rows)],
            Notes = [$"starts and training by the same loss where nothing else is said; {Tokens} mixed training tokens, gone through as often as the time allows; KL(parent || child) on {JudgeTokens} tokens of books/validation-3.md and wikitext-2/test.txt"],
        };
    }

    // Equal time, not equal tokens: a short run says how many tokens the time allows.
    private static (LayerRecord Record, Subblock[] Subblocks) Train(Transformer parent, ParentActivations calibration, ParentActivations activations, Way way)
    {
        using var scope = NewDisposeScope();
        var started = Initialiser.Start(parent, calibration, s_child, perToken: way.StartPerToken).ToArray();
        if (way.Training is not { } training)
            return (new LayerRecord(0, 0), [.. started.Select(variant => variant.Subblock)]);
        var options = training with { BatchWindows = 4, LearningRate = 5e-4, WeightDecay = 0, EvaluateEvery = 20 };
        var probe = Array.ConvertAll(started, variant => variant with { Subblock = variant.Subblock.Clone() });
        const int ProbeTokens = 16 * 4 * StudyText.Length;
        BlockDistiller.Distill(parent, activations, probe, options with { Tokens = ProbeTokens / 4 });
        var clock = Stopwatch.StartNew();
        BlockDistiller.Distill(parent, activations, probe, options with { Tokens = ProbeTokens });
        foreach (var variant in probe)
            variant.Subblock.Dispose();
        var tokens = (long)(SecondsALayer / clock.Elapsed.TotalSeconds * ProbeTokens);
        clock.Restart();
        var distilled = BlockDistiller.Distill(parent, activations, started, options with { Tokens = tokens });
        return (new LayerRecord(tokens, clock.Elapsed.TotalSeconds), [.. distilled.Select(variant => variant.Subblock)]);
    }

    private static Transformer Stitch(Transformer parent, Func<int, string> fileOf)
    {
        using var scope = NewDisposeScope();
        var child = parent.Shallow();
        foreach (var layer in s_layers)
        {
            using var file = SafetensorsFile.Open(fileOf(layer));
            foreach (var spec in s_child)
                child.Replace(layer, Core.Library.LayerFile.Read(file, spec, parent.Config));
        }

        return child.Clone();
    }

    private static string Text(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);

    /// <param name="Name">For the table.</param>
    /// <param name="StartPerToken">Whether tokens count by their own relative error in the closed forms.</param>
    /// <param name="Training">Loss and target; null: the starts as they are.</param>
    private sealed record Way(string Name, bool StartPerToken, DistillOptions? Training);

    /// <param name="Tokens">Trained on.</param>
    /// <param name="Seconds">Of training.</param>
    private sealed record LayerRecord(long Tokens, double Seconds);
}
