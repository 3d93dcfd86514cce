using Puzzle.Evaluation.TaskFiles;

namespace Puzzle.Evaluation.Data;

/// <summary>Where the documents of a task's data set come from.</summary>
public interface IDocumentSource
{
    /// <summary>The documents of a split, in their order: columns and plain values.</summary>
    /// <exception cref="Puzzle.Core.Errors.BadInputException">The data set or the split is not here; the message says where it was looked for and how to get it.</exception>
    IReadOnlyList<IReadOnlyDictionary<string, object?>> Read(TaskConfiguration task, string split);
}
