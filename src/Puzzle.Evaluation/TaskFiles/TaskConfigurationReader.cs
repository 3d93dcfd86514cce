using Puzzle.Core.Errors;
using Puzzle.Evaluation.Metrics;
using Puzzle.Evaluation.Requests;
using Puzzle.Evaluation.Tasks;
using Puzzle.Evaluation.Text;

namespace Puzzle.Evaluation.TaskFiles;

/// <summary>Reads the keys of a task file. What cannot be done as the harness does it is refused, never skipped.</summary>
public sealed class TaskConfigurationReader
{
    // Keys without effect on requests or scores.
    private static readonly string[] s_ignored =
        ["group", "group_alias", "include", "should_decontaminate", "doc_to_decontamination_query", "multiple_inputs", "template_aliases", "unsafe_code", "num_proc"];

    private static readonly string[] s_known =
    [
        "task", "task_alias", "tag", "dataset_path", "dataset_name", "dataset_kwargs", "training_split", "validation_split", "test_split",
        "fewshot_split", "process_docs", "doc_to_text", "doc_to_target", "doc_to_choice", "process_results", "description",
        "target_delimiter", "fewshot_delimiter", "fewshot_config", "num_fewshot", "output_type", "generation_kwargs", "metric_list",
        "filter_list", "gen_prefix", "repeats", "metadata",
    ];

    private readonly IReadOnlyDictionary<string, object?> _values;
    private readonly string _source;

    private TaskConfigurationReader(IReadOnlyDictionary<string, object?> values, string source) => (_values, _source) = (values, source);

    /// <param name="values">The file's keys with includes resolved.</param>
    /// <param name="source">The file, for errors.</param>
    /// <exception cref="BadInputException">A key or value that is unknown, malformed or not supported.</exception>
    public static TaskConfiguration Read(IReadOnlyDictionary<string, object?> values, string source) =>
        new TaskConfigurationReader(values, source).Read();

    private TaskConfiguration Read()
    {
        foreach (var key in _values.Keys)
        {
            if (!s_known.Contains(key) && !s_ignored.Contains(key))
                throw new BadInputException($"{_source}: key {key} is not supported; known are {string.Join(", ", s_known)}");
        }

        if (_values.GetValueOrDefault("unsafe_code") is true)
            throw new BadInputException($"{_source}: unsafe_code: true would run generated code; that is not supported");
        if (_values.GetValueOrDefault("repeats") is not (null or 1L))
            throw Wrong("repeats", "1 (text is generated greedily: repeats would be equal)");
        var outputName = Text("output_type") ?? "generate_until";
        var output = TaskOutputNames.Parse(outputName) ??
            throw Wrong("output_type", string.Join(", ", Enum.GetValues<TaskOutput>().Select(kind => kind.HarnessName())));
        var metadata = Map("metadata");
        return new TaskConfiguration
        {
            Source = _source,
            Task = Text("task") ?? throw new BadInputException($"{_source}: key task (the task's name) is missing"),
            TaskAlias = Text("task_alias"),
            Tags = Texts("tag"),
            DatasetPath = Text("dataset_path"),
            DatasetName = Text("dataset_name"),
            DataFiles = DataFiles(),
            TrainingSplit = Text("training_split"),
            ValidationSplit = Text("validation_split"),
            TestSplit = Text("test_split"),
            ProcessDocs = Function("process_docs"),
            DocToText = _values.GetValueOrDefault("doc_to_text"),
            DocToTarget = _values.GetValueOrDefault("doc_to_target"),
            DocToChoice = _values.GetValueOrDefault("doc_to_choice"),
            ProcessResults = Function("process_results"),
            Description = Text("description"),
            TargetDelimiter = Text("target_delimiter") ?? " ",
            FewShotDelimiter = Text("fewshot_delimiter") ?? "\n\n",
            FewShot = FewShot(),
            Shots = Integer(_values, "num_fewshot"),
            Output = output,
            Generation = Generation(),
            Metrics = Metrics(output),
            Filters = Filters(),
            GenerationPrefix = Text("gen_prefix"),
            Version = metadata?.GetValueOrDefault("version"),
            Raw = _values,
        };
    }

    private Dictionary<string, IReadOnlyList<string>> DataFiles()
    {
        var files = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        switch (Map("dataset_kwargs")?.GetValueOrDefault("data_files"))
        {
            case null:
                break;
            case IReadOnlyDictionary<string, object?> splits:
                foreach (var (split, value) in splits)
                    files[split] = AsTexts(value, "data_files");
                break;
            case var one:
                files["train"] = AsTexts(one, "data_files");
                break;
        }

        return files;
    }

    private FewShotConfiguration FewShot()
    {
        var map = Map("fewshot_config");
        var sampler = map?.GetValueOrDefault("sampler");
        if (sampler is not (null or "default" or "first_n"))
            throw new BadInputException($"{_source}: fewshot_config.sampler is {Shown(sampler)}; default and first_n are supported");
        return new FewShotConfiguration
        {
            Split = map?.GetValueOrDefault("split") as string ?? Text("fewshot_split"),
            Sampler = sampler as string ?? "default",
            Samples = map?.GetValueOrDefault("samples") switch
            {
                null => null,
                List<object?> list => [.. list.OfType<IReadOnlyDictionary<string, object?>>()],
                var other => throw new BadInputException($"{_source}: fewshot_config.samples is {Shown(other)}; a list of documents is supported"),
            },
            Indices = map?.GetValueOrDefault("fewshot_indices") is List<object?> indices ? [.. indices.OfType<long>().Select(index => (int)index)] : null,
            ProcessDocs = map?.GetValueOrDefault("process_docs") as FunctionReference,
            DocToText = map?.GetValueOrDefault("doc_to_text"),
            DocToTarget = map?.GetValueOrDefault("doc_to_target"),
            DocToChoice = map?.GetValueOrDefault("doc_to_choice"),
            TargetDelimiter = map?.GetValueOrDefault("target_delimiter") as string,
            Delimiter = map?.GetValueOrDefault("fewshot_delimiter") as string,
            GenerationPrefix = map?.GetValueOrDefault("gen_prefix") as string,
        };
    }

    private GenerationConfiguration Generation()
    {
        var map = Map("generation_kwargs");
        if (map is null)
            return new GenerationConfiguration();
        if (map.GetValueOrDefault("do_sample") is true)
            throw new BadInputException($"{_source}: generation_kwargs.do_sample is true; text is generated greedily only");
        return new GenerationConfiguration
        {
            Until = map.TryGetValue("until", out var until) && until is not null ? AsTexts(until, "generation_kwargs.until") : null,
            MaxNewTokens = Integer(map, "max_gen_toks") ?? Integer(map, "max_new_tokens") ?? Integer(map, "max_tokens") ?? GenerationSettings.DefaultMaxNewTokens,
        };
    }

    private List<MetricConfiguration> Metrics(TaskOutput output)
    {
        if (_values.GetValueOrDefault("metric_list") is not List<object?> list)
            return [.. DefaultMetrics(output).Select(name => new MetricConfiguration(KnownMetrics.Find(name)!))];
        return [.. list.Select(Metric)];
    }

    private static string[] DefaultMetrics(TaskOutput output) => output switch
    {
        TaskOutput.LogLikelihood => ["perplexity", "acc"],
        TaskOutput.LogLikelihoodRolling => ["word_perplexity", "byte_perplexity", "bits_per_byte"],
        TaskOutput.MultipleChoice => ["acc", "acc_norm"],
        _ => ["exact_match"],
    };

    private MetricConfiguration Metric(object? entry)
    {
        if (entry is not IReadOnlyDictionary<string, object?> map || map.GetValueOrDefault("metric") is not string name)
            throw new BadInputException($"{_source}: an entry of metric_list is {Shown(entry)}; expected keys metric, aggregation, higher_is_better");
        var known = KnownMetrics.Find(name);

        // A function of the task's own may return metrics under any name.
        if (known is null && _values.GetValueOrDefault("process_results") is null)
            throw new BadInputException($"{_source}: metric {name} is not supported; known are {string.Join(", ", KnownMetrics.Names)}");
        var aggregation = map.GetValueOrDefault("aggregation") switch
        {
            null => known?.Aggregation ?? Aggregation.Mean,
            string text => Aggregations.Parse(text) ??
                throw new BadInputException($"{_source}: aggregation {text} of {name} is not supported; known are mean, perplexity, weighted_perplexity, bits_per_byte, pooled_mean"),
            FunctionReference function => Functions.BuiltInFunctions.Aggregation(function, _values.GetValueOrDefault("dataset_path") as string, _source),
            var other => throw new BadInputException($"{_source}: aggregation of {name} is {Shown(other)}; expected a name"),
        };
        return new MetricConfiguration(new TaskMetric(name, aggregation, map.GetValueOrDefault("higher_is_better") as bool? ?? known?.HigherIsBetter ?? true))
        {
            RegexesToIgnore = map.TryGetValue("regexes_to_ignore", out var regexes) && regexes is not null ? AsTexts(regexes, "regexes_to_ignore") : [],
            IgnoreCase = map.GetValueOrDefault("ignore_case") is true,
            IgnorePunctuation = map.GetValueOrDefault("ignore_punctuation") is true,
            IgnoreNumbers = map.GetValueOrDefault("ignore_numbers") is true,
        };
    }

    private List<FilterConfiguration> Filters()
    {
        if (_values.GetValueOrDefault("filter_list") is not List<object?> list)
            return [];
        return
        [
            .. list.Select(entry => entry is IReadOnlyDictionary<string, object?> map && map.GetValueOrDefault("name") is string name && map.GetValueOrDefault("filter") is List<object?> steps
                ? new FilterConfiguration(name, [.. steps.OfType<IReadOnlyDictionary<string, object?>>()])
                : throw new BadInputException($"{_source}: an entry of filter_list is {Shown(entry)}; expected keys name and filter")),
        ];
    }

    private string? Text(string key) => _values.GetValueOrDefault(key) switch
    {
        null => null,
        string text => text,
        long number => number.ToString(),
        _ => throw Wrong(key, "a text"),
    };

    private List<string> Texts(string key) => _values.GetValueOrDefault(key) is { } value ? AsTexts(value, key) : [];

    private List<string> AsTexts(object? value, string key) => value switch
    {
        string text => [text],
        List<object?> list when list.All(item => item is string) => [.. list.Cast<string>()],
        _ => throw new BadInputException($"{_source}: {key} is {Shown(value)}; expected a text or a list of texts"),
    };

    private FunctionReference? Function(string key) => _values.GetValueOrDefault(key) switch
    {
        null => null,
        FunctionReference function => function,
        _ => throw Wrong(key, "!function with the name of a built-in"),
    };

    private IReadOnlyDictionary<string, object?>? Map(string key) => _values.GetValueOrDefault(key) switch
    {
        null => null,
        IReadOnlyDictionary<string, object?> map => map,

        // Old files write metadata as a list of one mapping.
        List<object?> { Count: 1 } list when list[0] is IReadOnlyDictionary<string, object?> map => map,
        _ => throw Wrong(key, "keys and values"),
    };

    private int? Integer(IReadOnlyDictionary<string, object?> map, string key) => map.GetValueOrDefault(key) switch
    {
        null => null,
        long number and >= 0 and <= int.MaxValue => (int)number,
        var other => throw new BadInputException($"{_source}: {key} is {Shown(other)}; expected a whole number, 0 or more"),
    };

    private BadInputException Wrong(string key, string expected) =>
        new($"{_source}: {key} is {Shown(_values.GetValueOrDefault(key))}; expected {expected}");

    private static string Shown(object? value) => value is FunctionReference function ? $"!function {function.Name}" : PythonJson.Write(value);
}
