using System.Globalization;
using System.Text.Json;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Models;
using Puzzle.Core.Text;
using Puzzle.Evaluation;
using Puzzle.Evaluation.Data;
using Puzzle.Evaluation.Models;
using Puzzle.Evaluation.Requests;
using Puzzle.Evaluation.Results;
using Puzzle.Evaluation.TaskFiles;
using Puzzle.Evaluation.Tasks;
using Puzzle.Evaluation.Text;

namespace Puzzle.Benchmarks;

/// <summary>Every document that the real lm-evaluation-harness scored with SmolLM2-135M: requests, log-likelihoods, accuracies beside its own.</summary>
internal sealed class EvalParityBenchmark : IBenchmark
{
    private const int MaxLength = 2048;
    private const double Close = 1e-3;

    public string Name => "eval-parity";

    public string Purpose => "lm-evaluation-harness's own results with SmolLM2-135M, document by document";

    public BenchmarkResult Run(BenchmarkContext context)
    {
        var path = context.Shared("models", "smollm2-135m-instruct", "SmolLM2-135M-Instruct.Q4_1.gguf");
        Core.Runtime.Libtorch.Load();
        using var checkpoint = CheckpointFile.Open(path);
        using var model = ModelLoader.Load(checkpoint);
        var tokenizer = Tokenizers.Load(path);
        // Long on a slow machine: an interrupted measurement goes on where it was.
        var kept = Path.Combine(context.Root, "artifacts", "benchmarks", "kept", "eval-parity", $"{checkpoint.ContentHash}.answers");
        using var scorer = new RememberingModel(new TransformerScorer(model, MaxLength), kept);
        var (differentRequests, worst, requests) = (0, 0.0, 0);
        List<IReadOnlyList<string>> definitions = [];
        foreach (var file in Directory.GetFiles(context.Shared("golden", "lm-eval", "definitions"), "samples_*shot.jsonl").Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileNameWithoutExtension(file)["samples_".Length..];
            context.Say(name);
            var (task, shots) = (name[..name.LastIndexOf('_')], int.Parse(name[(name.LastIndexOf('_') + 1)..].Replace("shot", ""), CultureInfo.InvariantCulture));
            var source = new GoldenDocuments(context.Shared("golden", "lm-eval", "definitions"), task, shots);
            var prepared = new TaskLibrary(data: source).Select([task]).Tasks[0].Prepare(new PromptOptions { Shots = shots });
            var samples = Lines(file);
            var responses = new RequestRunner(scorer, tokenizer, new RequestEncoder(tokenizer, MaxLength), 8).Run(prepared.Documents);
            var (different, furthest) = (samples.Count == prepared.Documents.Count ? 0 : 1, 0.0);
            foreach (var (sample, document, answers) in samples.Zip(prepared.Documents, responses))
            {
                different += Texts(document).SequenceEqual(Expected(sample)) ? 0 : 1;
                furthest = Math.Max(furthest, Sums(sample).Zip(answers, (sum, answer) => Math.Abs(sum - answer.LogLikelihood) / Math.Abs(sum)).Max());
                requests += answers.Length;
            }

            definitions.Add([name, $"{samples.Count}", $"{different}", furthest.ToString("0.0e0", CultureInfo.InvariantCulture)]);
            (differentRequests, worst) = (differentRequests + different, Math.Max(worst, furthest));
        }

        var (beyond, unexplained) = (0, 0);
        List<IReadOnlyList<string>> evaluations = [];
        foreach (var file in Directory.GetFiles(context.Shared("golden", "lm-eval", "evals"), "samples_*.jsonl").Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileNameWithoutExtension(file)["samples_".Length..];
            context.Say(name);
            var samples = Lines(file);
            var selection = new TaskLibrary().Select([context.Shared("golden", "lm-eval", "tasks", name + ".yaml")]);
            var result = Evaluator.Evaluate(scorer, tokenizer, selection, new EvaluationOptions { BatchSize = 16, Prompts = new PromptOptions { Limit = samples.Count } }).Tasks[0];
            foreach (var metric in result.Metrics)
            {
                var (differing, apart) = Differing(result, samples, metric.Metric);
                beyond += differing > Math.Max(1, samples.Count * 0.002) ? 1 : 0;
                unexplained += apart;
                evaluations.Add([name, $"{samples.Count}", metric.Metric, metric.Value.ToString("0.0000", CultureInfo.InvariantCulture),
                    samples.Average(sample => sample.GetProperty(metric.Metric).GetDouble()).ToString("0.0000", CultureInfo.InvariantCulture), $"{differing}", $"{apart}"]);
            }
        }

        scorer.Dispose();
        File.Delete(kept);
        return new BenchmarkResult
        {
            Metrics = new Dictionary<string, double>
            {
                ["documents_with_other_requests"] = differentRequests,
                ["worst_relative_difference"] = worst,
                ["metrics_beyond_tolerance"] = beyond,
                ["differences_without_a_tie"] = unexplained,
                ["requests_scored"] = requests,
            },
            Tables =
            [
                new BenchmarkTable("Shipped tasks on the first documents of real data sets", ["task", "documents", "other requests", "worst relative difference of a log-likelihood"], definitions),
                new BenchmarkTable("Whole sets", ["task", "documents", "metric", "here", "lm-evaluation-harness", "documents that differ", "of them not within 1e-3 of a tie"], evaluations),
            ],
        };
    }

    private static List<JsonElement> Lines(string file) => [.. JsonLines.Read(file).Select(line => line.Value.RootElement)];

    private static IEnumerable<string> Texts(TaskDocument document) => document.Requests.SelectMany(request => request switch
    {
        ContinuationRequest pair => [pair.Context, pair.Continuation],
        RollingRequest rolling => new[] { rolling.Text },
        _ => [],
    });

    private static IEnumerable<string> Expected(JsonElement sample) => sample.TryGetProperty("requests", out var requests) && requests.GetArrayLength() > 0 && requests[0].GetArrayLength() == 2
        ? requests.EnumerateArray().SelectMany(pair => pair.EnumerateArray().Select(text => text.GetString()!))
        : [sample.GetProperty("target").GetString()!];

    private static double[] Sums(JsonElement sample) =>
        [.. sample.GetProperty("resps").EnumerateArray().Select(answer => (answer.ValueKind == JsonValueKind.Array ? answer[0] : answer).GetDouble())];

    private static (int Differing, int Apart) Differing(TaskResult task, List<JsonElement> samples, string metric)
    {
        var (differing, apart) = (0, 0);
        foreach (var (sample, expected) in task.Samples.Zip(samples))
        {
            if (sample.Scores[0].Scores[metric].Value == expected.GetProperty(metric).GetDouble())
                continue;
            differing++;
            var best = Sums(expected).Zip(sample.Document.Choices, (sum, choice) => metric == "acc_norm" ? sum / PythonText.Length(choice) : sum).OrderDescending().ToArray();
            apart += best[0] - best[1] <= Close * Math.Abs(best[0]) ? 0 : 1;
        }

        return (differing, apart);
    }

    private sealed class GoldenDocuments(string folder, string name, int shots) : IDocumentSource
    {
        public IReadOnlyList<IReadOnlyDictionary<string, object?>> Read(TaskConfiguration task, string split) =>
            DocumentFile.Read(Path.Combine(folder, split == task.EvaluationSplit ? $"docs_{name}_{shots}shot.jsonl" : $"fewshot_{name}.jsonl"));
    }
}
