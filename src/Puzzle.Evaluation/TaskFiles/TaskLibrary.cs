using System.IO.Enumeration;
using Puzzle.Core.Errors;
using Puzzle.Evaluation.Data;
using Puzzle.Evaluation.Tasks;
using Puzzle.Evaluation.Text;

namespace Puzzle.Evaluation.TaskFiles;

/// <summary>
/// The tasks that can be asked for: those that come with the tool, those of further folders, and files by their path (YAML
/// of the harness, bare JSONL sets). One of a further folder stands in for a shipped one of the same name.
/// </summary>
public sealed class TaskLibrary
{
    private const int MaxDepth = 10;

    private readonly OrderedDictionary<string, TaskDefinition> _definitions = new(StringComparer.Ordinal);
    private readonly ILookup<string, string> _tags;
    private readonly IDocumentSource _data;

    /// <param name="includePaths">Folders with more task files, searched through all depths.</param>
    /// <param name="data">Where documents come from; null: files that tasks name, and the hub's cache.</param>
    /// <exception cref="BadInputException">A folder is absent, or a task file malformed.</exception>
    public TaskLibrary(IReadOnlyList<string>? includePaths = null, IDocumentSource? data = null)
    {
        _data = data ?? new DatasetFolders();
        foreach (var definition in TaskDefinition.Shipped().Concat((includePaths ?? []).SelectMany(Below)))
        {
            if (definition.Name is { } name)
                _definitions[name] = definition;
        }

        _tags = _definitions.SelectMany(entry => entry.Value.Tags.Select(tag => (tag, entry.Key))).ToLookup(entry => entry.tag, entry => entry.Key, StringComparer.Ordinal);
    }

    /// <summary>Names of tasks, groups and tags, sorted.</summary>
    public IReadOnlyList<string> Names => [.. _definitions.Keys.Concat(_tags.Select(tag => tag.Key)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>Names of tasks, or of groups and tags.</summary>
    public IReadOnlyList<string> NamesOf(bool groups) => [.. Names.Where(name => (!_definitions.TryGetValue(name, out var definition) || definition.IsGroup) == groups)];

    /// <summary>What is asked for, in its order.</summary>
    /// <param name="wanted">Names of tasks, groups or tags, patterns with <c>*</c> and <c>?</c>, paths of YAML or JSONL files.</param>
    /// <exception cref="RecipeException">A name that is not known.</exception>
    /// <exception cref="BadInputException">A file that is absent or malformed.</exception>
    public TaskSelection Select(IEnumerable<string> wanted)
    {
        var parts = wanted.SelectMany(Parts).DistinctBy(part => part.Name, StringComparer.Ordinal).ToArray();
        return parts.Length > 0 ? new TaskSelection(parts) : throw new RecipeException("no task is asked for; name one, or a file");
    }

    private static IEnumerable<TaskDefinition> Below(string folder)
    {
        if (File.Exists(folder))
            return TaskDefinition.ReadFile(folder);
        if (!Directory.Exists(folder))
            throw new BadInputException($"{folder}: no such folder of task files");
        return Directory.EnumerateFiles(folder, "*.y*ml", SearchOption.AllDirectories).Order(StringComparer.Ordinal).SelectMany(TaskDefinition.ReadFile);
    }

    private IEnumerable<TaskGroup.Part> Parts(string wanted)
    {
        if (_definitions.TryGetValue(wanted, out var definition))
            return [Part(definition, 0)];
        if (_tags.Contains(wanted))
            return _tags[wanted].Select(name => Part(_definitions[name], 0));
        switch (Path.GetExtension(wanted).ToLowerInvariant())
        {
            case ".yaml" or ".yml":
                return TaskDefinition.ReadFile(wanted).Where(found => found.Name is not null).Select(found => Part(found, 0));
            case ".jsonl" or ".json" when File.Exists(wanted):
                return [new TaskGroup.Part(null, new MultipleChoiceSet(wanted))];
        }

        if (wanted.AsSpan().IndexOfAny('*', '?') >= 0)
        {
            var matching = Names.Where(name => FileSystemName.MatchesSimpleExpression(wanted, name, ignoreCase: false)).ToArray();
            return matching.Length > 0 ? matching.SelectMany(Parts) : throw new RecipeException($"no task matches '{wanted}'; known are {Shown()}");
        }

        throw new RecipeException($"no task is called '{wanted}'{DidYouMean.Hint(wanted, Names)}; known are {Shown()}, and files (YAML of the harness, JSONL of context, choices and gold)");
    }

    private TaskGroup.Part Part(TaskDefinition definition, int depth)
    {
        if (depth > MaxDepth)
            throw new BadInputException($"{definition.Source}: group {definition.Name} holds itself");
        return definition.IsGroup
            ? new TaskGroup.Part(Group(definition, depth), null)
            : new TaskGroup.Part(null, new ConfiguredTask(TaskConfigurationReader.Read(definition.Values, definition.Source), _data));
    }

    private TaskGroup Group(TaskDefinition definition, int depth)
    {
        var values = definition.Values;
        var parts = ((IEnumerable<object?>)values["task"]!).SelectMany(member => Members(definition, member, depth + 1)).ToArray();
        if (parts.Length == 0)
            throw new BadInputException($"{definition.Source}: group {definition.Name} has no tasks");
        var version = (values.GetValueOrDefault("metadata") as IReadOnlyDictionary<string, object?>)?.GetValueOrDefault("version");
        return new TaskGroup(definition.Name!, values.GetValueOrDefault("group_alias") as string ?? definition.Name!, version is null ? "N/A" : PythonText.Of(version), parts, [.. Aggregates(definition)]);
    }

    // A name (of a task, group or tag), a group within the group, or a task with keys of its own.
    private IEnumerable<TaskGroup.Part> Members(TaskDefinition group, object? member, int depth)
    {
        switch (member)
        {
            case string name when _definitions.TryGetValue(name, out var definition):
                return [Part(definition, depth)];
            case string name when _tags.Contains(name):
                return _tags[name].Select(task => Part(_definitions[task], depth));
            case IReadOnlyDictionary<string, object?> keys when new TaskDefinition(keys, group.Source) is { IsGroup: true } inner:
                return [Part(inner, depth)];
            case IReadOnlyDictionary<string, object?> keys when keys.GetValueOrDefault("task") is string name:
                return [Part(_definitions.TryGetValue(name, out var known) ? known.With(keys) : new TaskDefinition(keys, group.Source), depth)];
            default:
                throw new BadInputException($"{group.Source}: group {group.Name} names {PythonJson.Write(member)}, which is no task, group or tag");
        }
    }

    private static IEnumerable<GroupAggregate> Aggregates(TaskDefinition group)
    {
        var list = group.Values.GetValueOrDefault("aggregate_metric_list");
        foreach (var entry in list is IReadOnlyDictionary<string, object?> one ? [one] : (list as IEnumerable<object?>) ?? [])
        {
            if (entry is not IReadOnlyDictionary<string, object?> map || map.GetValueOrDefault("metric") is not string metric)
                throw new BadInputException($"{group.Source}: an entry of aggregate_metric_list is {PythonJson.Write(entry)}; expected keys metric, aggregation, weight_by_size");
            if (map.GetValueOrDefault("aggregation") is not (null or "mean"))
                throw new BadInputException($"{group.Source}: aggregation {PythonJson.Write(map["aggregation"])} of a group is not supported; mean is");
            var filters = map.GetValueOrDefault("filter_list") switch
            {
                string filter => [filter],
                IEnumerable<object?> many => many.OfType<string>().ToArray(),
                _ => [FilteredScore.NoFilter],
            };
            yield return new GroupAggregate(metric, map.GetValueOrDefault("weight_by_size") is not false, filters);
        }
    }

    private string Shown() => string.Join(", ", Names.Where(name => !name.StartsWith("mmlu_", StringComparison.Ordinal) && !name.StartsWith("blimp_", StringComparison.Ordinal)));
}
