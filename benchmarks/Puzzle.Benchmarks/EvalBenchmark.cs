using System.Diagnostics;
using System.Globalization;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Models;
using Puzzle.Core.Text;
using Puzzle.Evaluation.Models;
using Puzzle.Evaluation.Requests;
using Puzzle.Evaluation.TaskFiles;
using Puzzle.Evaluation.Tasks;

namespace Puzzle.Benchmarks;

/// <summary>HellaSwag with SmolLM2-135M: documents a second with contexts shared by their continuations and without.</summary>
internal sealed class EvalBenchmark : IBenchmark
{
    private const int Documents = 400;
    private const int Batch = 16;

    // Batch 1 is timed on a part: documents are drawn evenly, so that lengths are alike.
    private const int OnePart = 20;

    public string Name => "eval";

    public string Purpose => "evaluate on HellaSwag with SmolLM2-135M: documents/s with shared contexts and without, and the memory it takes";

    public BenchmarkResult Run(BenchmarkContext context)
    {
        var path = context.Shared("models", "smollm2-135m-instruct", "SmolLM2-135M-Instruct.Q4_1.gguf");
        Core.Runtime.Libtorch.Load();
        using var checkpoint = CheckpointFile.Open(path);
        using var model = ModelLoader.Load(checkpoint);
        var tokenizer = Tokenizers.Load(path);
        var prepared = new TaskLibrary().Select([context.Shared("golden", "lm-eval", "tasks", "hellaswag_jsonl.yaml")]).Tasks[0].Prepare(new PromptOptions { Limit = Documents });
        var small = prepared.Documents.Where((_, i) => i % (Documents / OnePart) == 0).ToArray();
        var (shared, alone) = (new TransformerScorer(model, 2048), new TransformerScorer(model, 2048) { SharesContexts = false });
        Time(shared, tokenizer, small, Batch);
        var before = Process.GetCurrentProcess().WorkingSet64;

        // Halves in turns, so that a machine that slows down slows both ways alike.
        var (sharedSeconds, aloneSeconds) = (0.0, 0.0);
        foreach (var half in new[] { 0, 1 })
        {
            var part = prepared.Documents.Where((_, i) => i % 2 == half).ToArray();
            foreach (var sharing in half == 0 ? new[] { true, false } : [false, true])
            {
                context.Say($"half {half + 1} of 2, {(sharing ? "shared contexts" : "each continuation with its context")}");
                if (sharing)
                    sharedSeconds += Time(shared, tokenizer, part, Batch);
                else
                    aloneSeconds += Time(alone, tokenizer, part, Batch);
            }
        }

        var (sharedRate, aloneRate) = (Documents / sharedSeconds, Documents / aloneSeconds);
        var peak = Process.GetCurrentProcess().PeakWorkingSet64;
        context.Say("batch 1");
        var (one, oneAlone) = (small.Length / Time(shared, tokenizer, small, 1), small.Length / Time(alone, tokenizer, small, 1));
        var (sharedTokens, aloneTokens) = Tokens(prepared.Documents, shared, tokenizer);
        const double mib = 1048576;
        string Rate(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
        return new BenchmarkResult
        {
            Metrics = new Dictionary<string, double>
            {
                ["times_faster_with_shared_contexts"] = sharedRate / aloneRate,
                ["bound_by_operations"] = aloneTokens / sharedTokens,
                ["documents_per_second"] = sharedRate,
                ["documents_per_second_batch_1"] = one,
                ["peak_mib"] = peak / mib,
                ["memory_beyond_the_model_mib"] = (peak - before) / mib,
            },
            Tables =
            [
                new BenchmarkTable($"HellaSwag, SmolLM2-135M, float32, {Environment.ProcessorCount} cores", ["way", "batch", "documents", "documents/s"],
                [
                    ["shared contexts", $"{Batch}", $"{Documents}", Rate(sharedRate)],
                    ["each continuation with its context", $"{Batch}", $"{Documents}", Rate(aloneRate)],
                    ["shared contexts", "1", $"{OnePart}", Rate(one)],
                    ["each continuation with its context", "1", $"{OnePart}", Rate(oneAlone)],
                ]),
            ],
            Notes = [$"tokens computed: {sharedTokens:N0} with shared contexts, {aloneTokens:N0} without; their ratio is the bound by operations"],
        };
    }

    private static double Time(TransformerScorer scorer, ITokenizer tokenizer, IReadOnlyList<TaskDocument> documents, int batch)
    {
        var start = Stopwatch.GetTimestamp();
        new RequestRunner(scorer, tokenizer, new RequestEncoder(tokenizer, scorer.MaxLength), batch).Run(documents);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static (double Shared, double Alone) Tokens(IReadOnlyList<TaskDocument> documents, TransformerScorer model, ITokenizer tokenizer)
    {
        var runner = new RequestRunner(model, tokenizer, new RequestEncoder(tokenizer, model.MaxLength), Batch);
        var (shared, alone) = (0.0, 0.0);
        foreach (var (group, _) in documents.SelectMany(runner.Groups))
        {
            var rest = group.Continuations.Sum(continuation => continuation.Length - 1);
            shared += group.Context.Length + rest;
            alone += (group.Context.Length * group.Continuations.Count) + rest;
        }

        return (shared, alone);
    }
}
