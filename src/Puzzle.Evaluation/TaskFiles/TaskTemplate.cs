using Puzzle.Core.Errors;

namespace Puzzle.Evaluation.TaskFiles;

/// <summary>A template of a task file, in the harness's settings: nothing trimmed, an absent column is an error.</summary>
internal sealed class TaskTemplate
{
    /// <exception cref="BadInputException">No valid template.</exception>
    public TaskTemplate(string text, string source) => throw new BadInputException($"{source}: {text}");

    /// <summary>The text for a document.</summary>
    /// <exception cref="BadInputException">The document lacks a column, or the template asks for what is not there.</exception>
    public string Render(IReadOnlyDictionary<string, object?> document) => "";
}
