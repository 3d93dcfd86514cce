using Puzzle.Core.Reports;

namespace Puzzle.Core.Tests.Reports;

/// <summary>A run's data with every section filled; the figures are invented but of a real run's shape.</summary>
public static class SampleReport
{
    private static readonly string[] s_attention = ["gqa_3", "gqa_1", "attn_linear", "attn_no_op"];
    private static readonly string[] s_feedForward = ["ffn_1536", "ffn_1344", "ffn_1152", "ffn_768", "ffn_384", "ffn_192", "ffn_linear", "ffn_no_op"];

    public static ReportData Full(int layers = 30, int seed = 7)
    {
        var random = new Random(seed);
        var kept = new List<LayerKept>();
        for (var i = 0; i < layers; i++)
        {
            var middle = i > layers / 2;
            var a = i == 0 ? 0 : middle ? random.Next(4) : random.Next(3) / 2;
            var f = i == 0 ? 0 : random.Next(middle ? 8 : 4);
            kept.Add(new LayerKept(i, "gqa_3", s_attention[a], new[] { 1, 0.83, 0.375, 0 }[a], "ffn_1536", s_feedForward[f], new[] { 1, 0.875, 0.75, 0.5, 0.25, 0.125, 0.125, 0 }[f]));
        }

        string[] variants = [.. s_attention, .. s_feedForward];
        var values = variants.Select((v, r) => (IReadOnlyList<double?>)[.. Enumerable.Range(0, layers).Select(l => (double?)(v is "gqa_3" or "ffn_1536"
            ? 0.0001 : 0.002 * (1 + r % 4 + (r > 3 ? r - 4 : 0)) * (l == 0 ? 40 : 1 + 6.0 * Math.Abs(l - layers * 0.7) / layers) * (0.7 + 0.6 * random.NextDouble())))]).ToList();
        CurveSeries Curve(string name, double from, double to, int steps, int stride = 4) => new(name, [.. Enumerable.Range(0, steps).Select(s => (double)s * stride)],
            [.. Enumerable.Range(0, steps).Select(s => to + (from - to) * Math.Exp(-s / (steps / 6.0)) + 0.02 * from * random.NextDouble())]);

        return new ReportData
        {
            Title = "smollm2-135m.yaml",
            ParentName = "SmolLM2-135M-Instruct",
            ChildName = "SmolLM2-82M-Puzzle",
            Created = new DateTimeOffset(2026, 3, 14, 15, 9, 26, TimeSpan.Zero),
            ToolVersion = "0.1.0",
            Headline = new ReportHeadline
            {
                Speedup = 1.63,
                Speedups = new Dictionary<string, double?> { ["torch"] = 1.63, ["llama_cpp"] = 1.58 },
                SpeedupPredicted = 1.6,
                Recovery = 0.978,
                RecoveryAboveChance = 0.951,
                MemoryRatio = 0.66,
                ParamsRatio = 0.58,
                Seconds = 5123,
                Scenario = "chat: 128 tokens in, 128 out, batch up to 16",
                Missed = ["memory at most 96 MiB: measured 98.2 MiB"],
            },
            Parent = new ModelStats
            {
                Params = 134515008,
                BlockParams = 106203456,
                WeightsMib = 513.1,
                KvMib = 22.5,
                TokensPerS = 214.3,
                TtftMs = 412.0,
                TpotMs = 37.2,
                Loss = 2.911,
                Accuracy = new Dictionary<string, double> { ["hellaswag"] = 0.431, ["piqa"] = 0.672, ["arc_easy"] = 0.5491 },
            },
            Child = new ModelStats
            {
                Params = 89910912,
                BlockParams = 61599360,
                WeightsMib = 343.0,
                KvMib = 11.3,
                TokensPerS = 349.8,
                TtftMs = 251.3,
                TpotMs = 22.8,
                Loss = 3.024,
                Accuracy = new Dictionary<string, double> { ["hellaswag"] = 0.418, ["piqa"] = 0.661, ["arc_easy"] = 0.536 },
            },
            Speeds = [new SpeedRow("torch", "chat", 214.3, 349.8, 8, 16), new SpeedRow("llama.cpp", "chat", 230.1, 362.4, 8, 8)],
            Layers = kept,
            Scores = new ScoreMap("KL to the parent", variants, values),
            Pareto = new ParetoFront
            {
                QualityName = "recovery",
                Points =
                [
                    new ParetoPoint("parent", ParetoKind.Parent, 1, 214.3, 535.6, 106203456), new ParetoPoint("child", ParetoKind.Child, 0.978, 349.8, 354.3, 61599360),
                    new ParetoPoint("uniform width", ParetoKind.Baseline, 0.921, 347.1, 361.0, 62000000), new ParetoPoint("uniform depth", ParetoKind.Baseline, 0.887, 352.6, 350.1, 60180000),
                    new ParetoPoint("no-op only", ParetoKind.Baseline, 0.934, 349.0, 349.0, 61000000), new ParetoPoint("greedy", ParetoKind.Baseline, 0.966, 346.0, 358.2, 62100000),
                    new ParetoPoint("random", ParetoKind.Baseline, 0.842, 351.0, 352.2, 61100000),
                ],
                SweepQualityName = "predicted KL",
                Sweep = [.. Enumerable.Range(0, 14).Select(i => new ParetoPoint($"{1 + 0.1 * i:0.0}x", ParetoKind.Baseline, 0.01 + 0.02 * i * i * 0.3, 214.3 * (1 + 0.1 * i), 535 - 25 * i, 106203456 - 5200000 * i))],
            },
            Costs =
            [
                new CostComparison("throughput, child", 342.9, 349.8, "tokens/s"), new CostComparison("weights, child", 343.0, 343.0, "MiB"), new CostComparison("KV cache, child", 11.3, 11.3, "MiB"),
                new CostComparison("time to first token", 262.0, 251.3, "ms"), new CostComparison("time per output token", 23.9, 22.8, "ms"), new CostComparison("peak memory, decode", 401, 412, "MiB"),
                .. variants.Select((v, i) => new CostComparison($"decode, {v}", 0.05 + 0.07 * i, (0.05 + 0.07 * i) * (0.94 + 0.12 * random.NextDouble()), "ms")),
            ],
            Curves =
            [
                new CurveChart("Block distillation: normalised error", "step", "normalised MSE", [.. Enumerable.Range(0, 40).Select(i => Curve($"layer {i % layers}, {variants[1 + i % 11]}", 0.2 + random.NextDouble(), 0.02 + 0.2 * random.NextDouble(), 60))], LogScale: true),
                new CurveChart("Healing", "step", "loss", [Curve("training", 1.2, 0.31, 900), Curve("validation", 1.1, 0.34, 31, 120)]),
            ],
            Evaluation =
            [
                new EvaluationRow("hellaswag", "acc_norm", 0.431, 0.418, 0.9698, 0.941, 0.999, 400, 0.25), new EvaluationRow("piqa", "acc_norm", 0.672, 0.661, 0.9836, 0.969, 0.998, 1838, 0.5),
                new EvaluationRow("arc_easy", "acc_norm", 0.5491, 0.536, 0.9761, 0.944, 1.012, 570, 0.25), new EvaluationRow("blimp", "acc", 0.793, 0.782, 0.9861, 0.974, 0.998, 2000, 0.5),
                new EvaluationRow("wikitext", "word_perplexity", 31.4, 35.9, Documents: 62), new EvaluationRow("books", "kl", 0, 0.112),
            ],
            Memory = [.. Enumerable.Range(0, 200).Select(i => new MemoryPoint(i * 25.6, 700 + 500 * Math.Abs(Math.Sin(i / 13.0)) + (i is > 60 and < 130 ? 1100 : 0)))],
            Stages =
            [
                new StageTiming("init", 41, 812, 0), new StageTiming("distill", 1730, 2210, 41), new StageTiming("score", 905, 1430, 1771), new StageTiming("measure", 244, 1104, 2676), new StageTiming("solve", 3.4, 640, 2920),
                new StageTiming("stitch", 6.2, 901, 2923), new StageTiming("heal", 1790, 2304, 2930), new StageTiming("evaluate", 398, 1320, 4720), new StageTiming("export", 4.2, 930, 5118), new StageTiming("report", 0.6, 410, 5122),
            ],
            Recipe = "parent: ../shared/models/smollm2-135m-instruct\ndata:\n  text: [books, tinystories]\ntarget:\n  scenario: { in: 128, out: 128, batch: 16 }\n  speedup: 1.6\nheal:\n  tokens: 4M\n",
            Environment = new Dictionary<string, string> { ["Processor"] = "AMD EPYC 9R14, 2 cores", ["Memory"] = "23.4 GiB", ["libtorch"] = "2.10.0 (CPU)", [".NET"] = "10.0.1", ["System"] = "Debian GNU/Linux 12" },
            Commands = ["./puzzle run recipes/smollm2-135m.yaml", "./puzzle report runs/smollm2-135m"],
            Notes = ["HellaSwag is limited to its first 400 documents."],
        };
    }
}
