using Puzzle.Core.Errors;
using Puzzle.Core.Models;
using Puzzle.Core.Runs;
using Puzzle.Core.Text;
using Puzzle.Evaluation.Data;
using Puzzle.Evaluation.Models;
using Puzzle.Evaluation.TaskFiles;
using Puzzle.Evaluation.Tasks;

namespace Puzzle.Evaluation;

/// <summary>How the tasks of a run are asked: by section evaluate of its recipe, whoever asks.</summary>
public static class RunQuestions
{
    /// <summary>Tasks by name or file, with the data of section evaluate.</summary>
    public static TaskSelection Select(RunContext run, IEnumerable<string> tasks) =>
        new TaskLibrary(run.Recipe.Evaluate.IncludePath, new DatasetFolders(run.Recipe.Evaluate.Data)).Select(tasks);

    /// <summary>Shots, limit, batches, chat template.</summary>
    /// <exception cref="RecipeException">A chat template is asked for and the parent has none.</exception>
    public static EvaluationOptions Options(RunContext run)
    {
        var settings = run.Recipe.Evaluate;
        return new EvaluationOptions
        {
            BatchSize = settings.BatchSize,
            Prompts = new PromptOptions
            {
                Limit = settings.Limit,
                Shots = settings.NumFewshot,
                ChatTemplate = settings.ApplyChatTemplate ? new ChatPrompt(Template(run)).Render : null,
                // The harness's default once there is a template.
                FewShotAsMultiturn = settings.ApplyChatTemplate,
            },
        };
    }

    /// <summary>What scores a model of the run on its validation tasks: the mean over tasks of what each counts by, less counted where less is better; null where the recipe names none.</summary>
    /// <exception cref="PuzzleException">A task or its data is absent.</exception>
    public static Func<Transformer, double>? Validation(RunContext run)
    {
        if (run.Recipe.Evaluate.ValidationTasks.Count == 0)
            return null;
        var (tasks, options) = (Select(run, run.Recipe.Evaluate.ValidationTasks), Options(run) with { BootstrapResamples = 0 });
        foreach (var task in tasks.Tasks)
            task.Prepare(options.Prompts);
        return model => Evaluator.Evaluate(new TransformerScorer(model), run.Tokenizer, tasks, options, cancellation: run.Cancellation).Tasks
            .Average(task => task.Primary.HigherIsBetter ? task.Primary.Value : -task.Primary.Value);
    }

    private static ChatTemplate Template(RunContext run) => ChatTemplate.Of(run.Tokenizer) ??
        throw new RecipeException($"evaluate.apply_chat_template: {run.Recipe.Parent} has no chat template; write false");
}
