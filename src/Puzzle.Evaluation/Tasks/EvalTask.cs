using Puzzle.Evaluation.Metrics;

namespace Puzzle.Evaluation.Tasks;

/// <summary>
/// A benchmark: documents, the requests it makes of a model for each, and how answers become metrics.
/// Reading the data may be slow and happens in <see cref="Prepare"/>, not before.
/// </summary>
public abstract class EvalTask
{
    /// <summary>The name given to <c>--tasks</c> and used as key in result files.</summary>
    public abstract string Name { get; }

    /// <summary>The name shown in tables.</summary>
    public virtual string Alias => Name;

    /// <summary>What <c>metadata.version</c> says; results of different versions are not comparable.</summary>
    public virtual string Version => "Yaml";

    public abstract TaskOutput Output { get; }

    /// <summary>Solved cases put before each question, where the caller does not say otherwise.</summary>
    public virtual int Shots => 0;

    /// <summary>In the order of the tables.</summary>
    public abstract IReadOnlyList<TaskMetric> Metrics { get; }

    /// <summary>The settings as they go into the result file's <c>configs</c>.</summary>
    public virtual IReadOnlyDictionary<string, object?> Configuration => new Dictionary<string, object?>(StringComparer.Ordinal)
    {
        ["task"] = Name,
        ["output_type"] = Output.HarnessName(),
    };

    /// <summary>Reads the data and writes the requests, in document order.</summary>
    /// <exception cref="Puzzle.Core.Errors.BadInputException">The data is absent or malformed; the message says where to get it.</exception>
    public abstract PreparedTask Prepare(PromptOptions options);

    /// <summary>The metrics of one document, once for each filter.</summary>
    /// <param name="responses">One for each of the document's requests, in their order.</param>
    public abstract IReadOnlyList<FilteredScore> Score(TaskDocument document, IReadOnlyList<Response> responses);
}
