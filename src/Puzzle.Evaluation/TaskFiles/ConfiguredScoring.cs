using System.Text;
using Puzzle.Evaluation.Filters;
using Puzzle.Evaluation.Functions;
using Puzzle.Evaluation.Metrics;
using Puzzle.Evaluation.Tasks;
using Puzzle.Evaluation.Text;

namespace Puzzle.Evaluation.TaskFiles;

/// <summary>From the answers of a document to its metrics, by the filters, metrics and functions of a task file.</summary>
internal sealed class ConfiguredScoring
{
    private readonly TaskConfiguration _task;
    private readonly TextFilter[] _filters;
    private readonly string[] _metrics;
    private readonly ExactMatch? _exactMatch;
    private readonly Func<IReadOnlyDictionary<string, object?>, IReadOnlyList<Response>, IReadOnlyDictionary<string, DocumentScore>>? _process;

    public ConfiguredScoring(TaskConfiguration task)
    {
        _task = task;
        _filters = [.. task.Filters.Select(filter => new TextFilter(filter, task.Source))];
        _metrics = [.. task.Metrics.Select(metric => metric.Metric.Name)];
        _process = task.ProcessResults is { } function ? BuiltInFunctions.Results(function, task.DatasetPath, task.Source) : null;
        if (task.Metrics.FirstOrDefault(metric => metric.Metric.Name == "exact_match") is { } exact)
            _exactMatch = new ExactMatch(exact, task.Source);
    }

    /// <summary>The metrics of one document, once for each filter.</summary>
    public IReadOnlyList<FilteredScore> Score(TaskDocument document, IReadOnlyList<Response> responses)
    {
        if (_filters.Length == 0)
            return [Filtered(FilteredScore.NoFilter, document, responses)];
        return [.. _filters.Select(filter => Filtered(filter.Name, document,
            [.. responses.Select(response => response.Text is { } text ? response with { Text = filter.Apply(text) } : response)]))];
    }

    /// <summary>The document with the score that indifference to its choices gets.</summary>
    public TaskDocument WithChance(TaskDocument document)
    {
        if (_process is null)
            return document with { Chance = (double)document.Gold.Count / document.Choices.Count };
        var indifferent = document.Requests.Select(_ => new Response(0, IsGreedy: false)).ToArray();
        return document with { Chance = _process(document.Content, indifferent).Values.First().Value };
    }

    private FilteredScore Filtered(string filter, TaskDocument document, IReadOnlyList<Response> responses) =>
        new(filter, Scores(document, responses), responses is [{ Text: { } text }, ..] ? text : null);

    private IReadOnlyDictionary<string, DocumentScore> Scores(TaskDocument document, IReadOnlyList<Response> responses)
    {
        if (_process is not null)
            return _process(document.Content, responses);
        return _task.Output switch
        {
            TaskOutput.MultipleChoice => MultipleChoiceScoring.Score(_metrics, document.Choices, document.Gold, responses),
            TaskOutput.LogLikelihood => Known(
                ("perplexity", new DocumentScore(responses[0].LogLikelihood)),
                ("acc", new DocumentScore(responses[0].IsGreedy ? 1 : 0))),
            TaskOutput.LogLikelihoodRolling => Rolling(PythonText.Of(document.Target), responses[0].LogLikelihood),
            _ => Known(("exact_match", new DocumentScore(Matches(document, responses[0].Text ?? "") ? 1 : 0))),
        };
    }

    private Dictionary<string, DocumentScore> Rolling(string text, double sum)
    {
        var bytes = Encoding.UTF8.GetByteCount(text);
        return Known(
            ("word_perplexity", new DocumentScore(sum, PythonText.CountWords(text))),
            ("byte_perplexity", new DocumentScore(sum, bytes)),
            ("bits_per_byte", new DocumentScore(sum, bytes)));
    }

    private bool Matches(TaskDocument document, string text)
    {
        if (_exactMatch is null)
            return false;
        return document.Target switch
        {
            long index when document.Choices.Count > 0 => index >= 0 && index < document.Choices.Count && _exactMatch.Holds(text, document.Choices[(int)index]),
            IEnumerable<object?> references => references.Any(reference => _exactMatch.Holds(text, PythonText.Of(reference))),
            var reference => _exactMatch.Holds(text, PythonText.Of(reference)),
        };
    }

    // Those that the task asks for, in its order.
    private Dictionary<string, DocumentScore> Known(params ReadOnlySpan<(string Name, DocumentScore Score)> scores)
    {
        var known = new Dictionary<string, DocumentScore>(StringComparer.Ordinal);
        foreach (var name in _metrics)
        {
            foreach (var score in scores)
            {
                if (score.Name == name)
                    known[name] = score.Score;
            }
        }

        return known;
    }
}
