using Puzzle.Core.Errors;
using Puzzle.Core.Models;
using Puzzle.Core.Runs;
using Puzzle.Core.Scoring;
using Puzzle.Core.Text;
using Puzzle.Evaluation.Models;
using Puzzle.Evaluation.TaskFiles;

namespace Puzzle.Evaluation;

/// <summary>Scores models by tasks: the mean over the tasks of what each counts by, turned so that less is better.</summary>
/// <param name="tokenizer">The models'.</param>
/// <param name="tasks">What they answer.</param>
/// <param name="options">How.</param>
/// <param name="cancellation">Stops between batches.</param>
public sealed class TaskScorer(ITokenizer tokenizer, TaskSelection tasks, EvaluationOptions options, CancellationToken cancellation = default) : ITaskScorer
{
    /// <summary>The scorer of a run: the task of section score, with the shots, the limit and the data of section evaluate.</summary>
    /// <exception cref="PuzzleException">The task or its data is absent.</exception>
    public static ITaskScorer Of(RunContext run)
    {
        var task = run.Recipe.Score.Task ?? throw new InvalidOperationException("the recipe names no task to score by");
        var (tasks, options) = (RunQuestions.Select(run, [task]), RunQuestions.Options(run) with { BootstrapResamples = 0 });
        foreach (var part in tasks.Tasks)
            part.Prepare(options.Prompts);
        return new TaskScorer(run.Tokenizer, tasks, options, run.Cancellation);
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
