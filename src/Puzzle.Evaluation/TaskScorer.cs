using Puzzle.Core.Models;
using Puzzle.Core.Runs;
using Puzzle.Core.Scoring;
using Puzzle.Core.Text;
using Puzzle.Evaluation.Data;
using Puzzle.Evaluation.Models;
using Puzzle.Evaluation.TaskFiles;
using Puzzle.Evaluation.Tasks;

namespace Puzzle.Evaluation;

/// <summary>Scores models by tasks: the mean over the tasks of what each counts by, turned so that less is better.</summary>
/// <param name="tokenizer">The models'.</param>
/// <param name="tasks">What they answer.</param>
/// <param name="options">How.</param>
/// <param name="cancellation">Stops between batches.</param>
public sealed class TaskScorer(ITokenizer tokenizer, TaskSelection tasks, EvaluationOptions options, CancellationToken cancellation = default) : ITaskScorer
{
    /// <summary>The scorer of a run: the task of section score, with the shots, the limit and the data of section evaluate.</summary>
    public static ITaskScorer Of(RunContext run)
    {
        var settings = run.Recipe.Evaluate;
        var task = run.Recipe.Score.Task ?? throw new InvalidOperationException("the recipe names no task to score by");
        return new TaskScorer(
            run.Tokenizer,
            new TaskLibrary(settings.IncludePath, new DatasetFolders(settings.Data)).Select([task]),
            new EvaluationOptions { BatchSize = settings.BatchSize, BootstrapResamples = 0, Prompts = new PromptOptions { Limit = settings.Limit, Shots = settings.NumFewshot } },
            run.Cancellation);
    }

    /// <inheritdoc/>
    public TaskScore Score(Transformer model)
    {
        var metrics = Evaluator.Evaluate(new TransformerScorer(model), tokenizer, tasks, options, cancellation: cancellation).Tasks.Select(task => task.Primary).ToArray();
        return new TaskScore(
            metrics.Average(metric => metric.HigherIsBetter ? 1 - metric.Value : metric.Value),
            Math.Sqrt(metrics.Sum(metric => Math.Pow(metric.StdErr ?? 0, 2))) / metrics.Length);
    }
}
