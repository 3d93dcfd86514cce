using Puzzle.Core.Evaluation;
using Puzzle.Core.Text;
using Puzzle.Evaluation.Metrics;
using Puzzle.Evaluation.Requests;
using Puzzle.Evaluation.Results;
using Puzzle.Evaluation.TaskFiles;
using Puzzle.Evaluation.Tasks;

namespace Puzzle.Evaluation;

/// <summary>Runs tasks on a model.</summary>
public static class Evaluator
{
    /// <summary>Tasks alone, without groups.</summary>
    /// <exception cref="Puzzle.Core.Errors.BadInputException">A task's data is absent or malformed.</exception>
    public static EvaluationResult Evaluate(
        ILanguageModel model,
        ITokenizer tokenizer,
        IReadOnlyList<EvalTask> tasks,
        EvaluationOptions? options = null,
        IProgress<EvaluationProgress>? progress = null,
        CancellationToken cancellation = default) =>
        Evaluate(model, tokenizer, TaskSelection.Of(tasks), options, progress, cancellation);

    /// <summary>Tasks and groups.</summary>
    /// <exception cref="Puzzle.Core.Errors.BadInputException">A task's data is absent or malformed.</exception>
    public static EvaluationResult Evaluate(
        ILanguageModel model,
        ITokenizer tokenizer,
        TaskSelection selection,
        EvaluationOptions? options = null,
        IProgress<EvaluationProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        options ??= new EvaluationOptions();
        var start = options.Clock.GetTimestamp();

        // All data is read before the first forward pass: an absent file is told in a second, not after an hour.
        var prepared = selection.Tasks.Select(task => task.Prepare(options.Prompts)).ToArray();
        var encoder = new RequestEncoder(tokenizer, model.MaxLength);
        var results = new List<TaskResult>();
        foreach (var (index, task) in prepared.Index())
        {
            var asker = new RequestRunner(model, tokenizer, encoder, options.BatchSize);
            var told = progress is null ? null : new DocumentProgress(done =>
                progress.Report(new EvaluationProgress(task.Task.Name, index, prepared.Length, done, task.Documents.Count)));
            var responses = asker.Run(task.Documents, told, cancellation);
            results.Add(Score(task, responses, options.BootstrapResamples));
        }

        var byName = results.ToDictionary(result => result.Name, StringComparer.Ordinal);
        return new EvaluationResult
        {
            Selection = selection,
            Tasks = results,
            Groups = [.. selection.Parts.Select(part => part.Group).OfType<TaskGroup>().SelectMany(group => GroupAveraging.Of(group, byName))],
            Elapsed = options.Clock.GetElapsedTime(start),
        };
    }

    private static TaskResult Score(PreparedTask prepared, IReadOnlyList<Response[]> responses, int resamples)
    {
        var samples = prepared.Documents
            .Select((document, i) => new SampleResult(document, responses[i], prepared.Task.Score(document, responses[i])))
            .ToArray();
        return new TaskResult { Prepared = prepared, Samples = samples, Metrics = Aggregate(prepared.Task, samples, resamples) };
    }

    /// <summary>The metrics of a task over the given documents.</summary>
    private static List<MetricResult> Aggregate(EvalTask task, SampleResult[] samples, int resamples)
    {
        var values = new OrderedDictionary<(string Filter, string Metric), List<DocumentScore>>();
        foreach (var score in samples.SelectMany(sample => sample.Scores))
        {
            foreach (var metric in task.Metrics)
            {
                if (!score.Scores.TryGetValue(metric.Name, out var value))
                    continue;
                if (!values.TryGetValue((score.Filter, metric.Name), out var list))
                    values.Add((score.Filter, metric.Name), list = []);
                list.Add(value);
            }
        }

        return
        [
            .. values.Select(entry =>
            {
                var metric = task.Metrics.First(metric => metric.Name == entry.Key.Metric);
                return new MetricResult(
                    metric.Name,
                    entry.Key.Filter,
                    metric.Aggregation.Apply(entry.Value),
                    StandardError.Of(metric.Aggregation, entry.Value, resamples),
                    metric.HigherIsBetter);
            }),
        ];
    }

    private sealed class DocumentProgress(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}
