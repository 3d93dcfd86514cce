using Puzzle.Core.Errors;
using Puzzle.Evaluation.Data;
using Puzzle.Evaluation.Filters;
using Puzzle.Evaluation.Functions;
using Puzzle.Evaluation.Metrics;
using Puzzle.Evaluation.Requests;
using Puzzle.Evaluation.Tasks;
using Puzzle.Evaluation.Text;

namespace Puzzle.Evaluation.TaskFiles;

/// <summary>A task as its file describes it.</summary>
public sealed class ConfiguredTask : EvalTask
{
    private readonly TaskConfiguration _configuration;
    private readonly IDocumentSource _data;
    private readonly TaskFields _fields;
    private readonly ConfiguredScoring _scoring;

    /// <param name="data">Where its documents come from; nothing is read before <see cref="Prepare"/>.</param>
    /// <exception cref="BadInputException">A filter or function that is not known.</exception>
    public ConfiguredTask(TaskConfiguration configuration, IDocumentSource data)
    {
        (_configuration, _data, _fields) = (configuration, data, new TaskFields(configuration));
        _scoring = new ConfiguredScoring(configuration);
        Metrics = [.. configuration.Metrics.Select(metric => metric.Metric)];
    }

    /// <inheritdoc/>
    public override string Name => _configuration.Task;

    /// <inheritdoc/>
    public override string Alias => _configuration.TaskAlias ?? Name;

    /// <inheritdoc/>
    public override string Version => _configuration.Version is { } version ? PythonText.Of(version) : base.Version;

    /// <inheritdoc/>
    public override TaskOutput Output => _configuration.Output;

    /// <inheritdoc/>
    public override int Shots => _configuration.Shots ?? 0;

    /// <inheritdoc/>
    public override IReadOnlyList<TaskMetric> Metrics { get; }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, object?> Configuration => _configuration.Raw;

    /// <inheritdoc/>
    public override PreparedTask Prepare(PromptOptions options)
    {
        var split = _configuration.EvaluationSplit ??
            throw new BadInputException($"{_configuration.Source}: neither test_split nor validation_split is given; one holds the questions");
        var documents = Documents(split, _configuration.ProcessDocs);
        if (documents.Count == 0)
            throw new BadInputException($"{_configuration.Source}: split {split} of {Name} holds no documents");

        // As the harness decides it: the task's own 0 stands, and the first document tells what kind of task it is.
        var shots = _configuration.Shots == 0 ? 0 : options.Shots ?? Shots;
        var choosesContext = Output == TaskOutput.MultipleChoice && _fields.Text(documents[0]) is long;
        var prompts = new PromptBuilder(_configuration, _fields, options, shots == 0 ? null : Sampler(options.FewShotSeed), shots, choosesContext);
        var prepared = documents.Take(options.Limit ?? int.MaxValue)
            .Select((document, i) => Document(document, i, prompts, choosesContext))
            .ToArray();
        return new PreparedTask(this, shots, documents.Count, prepared, RequestHash.Of(prepared));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<FilteredScore> Score(TaskDocument document, IReadOnlyList<Response> responses) => _scoring.Score(document, responses);

    private IReadOnlyList<IReadOnlyDictionary<string, object?>> Documents(string split, FunctionReference? process)
    {
        var documents = _data.Read(_configuration, split);
        return process is null ? documents : [.. BuiltInFunctions.Documents(process, _configuration.DatasetPath, _configuration.Source)(documents)];
    }

    private FewShotSampler Sampler(int seed)
    {
        var fewShot = _configuration.FewShot;
        var cases = fewShot.Split is null && fewShot.Samples is not null
            ? fewShot.Samples
            : Documents(
                fewShot.Split ?? _configuration.TrainingSplit ?? _configuration.ValidationSplit ?? _configuration.TestSplit!,
                fewShot.ProcessDocs ?? _configuration.ProcessDocs);
        if (fewShot.Indices is { } indices)
        {
            if (indices.FirstOrDefault(index => index >= cases.Count) is > 0 and var beyond)
                throw new BadInputException($"{_configuration.Source}: fewshot_indices holds {beyond}; the split has {cases.Count} documents");
            cases = [.. indices.Select(index => cases[index])];
        }

        return new FewShotSampler(cases, fewShot.Sampler, seed, _configuration.Source);
    }

    private TaskDocument Document(IReadOnlyDictionary<string, object?> content, int index, PromptBuilder prompts, bool choosesContext)
    {
        var target = _fields.Target(content);
        var document = new TaskDocument { Index = index, Content = content, Target = target, Requests = [] };
        switch (Output)
        {
            case TaskOutput.MultipleChoice:
                var choices = _fields.Choices(content);
                if (choices.Count == 0)
                    throw new BadInputException($"{_configuration.Source}: document {index} of {Name} has no choices");
                return _scoring.WithChance(document with
                {
                    Choices = choices,
                    Gold = Gold(choosesContext ? _fields.Text(content) : target, choices),
                    Requests = ChoiceRequests(prompts, content, choices, target, choosesContext),
                });
            case TaskOutput.LogLikelihood:
                return document with { Requests = [new ContinuationRequest(prompts.Prompts(content)[0], PythonText.Of(target))] };
            case TaskOutput.LogLikelihoodRolling:
                return document with { Requests = [new RollingRequest(PythonText.Of(target))] };
            default:
                var settings = new GenerationSettings(_configuration.Generation.Until ?? [_configuration.FewShotDelimiter], _configuration.Generation.MaxNewTokens);
                return document with
                {
                    Choices = _configuration.DocToChoice is null ? [] : _fields.Choices(content),
                    Requests = [new GenerateRequest(prompts.Prompts(content)[0], settings)],
                };
        }
    }

    private List<EvalRequest> ChoiceRequests(PromptBuilder prompts, IReadOnlyDictionary<string, object?> content, IReadOnlyList<string> choices, object? target, bool choosesContext)
    {
        var contexts = prompts.Prompts(content);
        List<EvalRequest> requests = choosesContext
            ? [.. contexts.Select(context => new ContinuationRequest(context, prompts.ChoiceDelimiter + PythonText.Of(target)))]
            : [.. choices.Select(choice => new ContinuationRequest(contexts[0], prompts.ChoiceDelimiter + choice))];
        if (Metrics.Any(metric => metric.Name == "acc_mutual_info"))
            requests.AddRange(choices.Select(choice => new ContinuationRequest("", prompts.ChoiceDelimiter + choice)));
        return requests;
    }

    // An index beyond the choices and a text that is none of them are right never, as in the harness.
    private static int[] Gold(object? target, IReadOnlyList<string> choices) => target switch
    {
        long index => index >= 0 && index < choices.Count ? [(int)index] : [],
        string text => choices.Index().Where(choice => choice.Item == text).Select(choice => choice.Index).Take(1).ToArray(),
        IEnumerable<object?> list => [.. list.OfType<long>().Where(index => index >= 0 && index < choices.Count).Select(index => (int)index)],
        _ => [],
    };
}
