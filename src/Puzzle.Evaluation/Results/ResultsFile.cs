using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Puzzle.Evaluation.TaskFiles;
using Puzzle.Evaluation.Text;

namespace Puzzle.Evaluation.Results;

/// <summary>Writes <c>results_DATE.json</c> in the harness's shape: what reads the harness's files reads these.</summary>
public static class ResultsFile
{
    /// <summary>Writes into a folder named for the model below <paramref name="outputPath"/>.</summary>
    /// <returns>The file's path.</returns>
    public static string Write(string outputPath, EvaluationResult result, RunDescription run)
    {
        var folder = Path.Combine(outputPath, run.SanitisedModel);
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, $"results_{run.Stamp}.json");

        // A reader never sees half a file.
        File.WriteAllText(path + ".part", PythonJson.Write(Content(result, run), indent: 2) + "\n");
        File.Move(path + ".part", path, overwrite: true);
        return path;
    }

    /// <summary>The file's content as plain values.</summary>
    public static IReadOnlyDictionary<string, object?> Content(EvaluationResult result, RunDescription run)
    {
        var results = Map();
        foreach (var (name, alias, _) in Lines(result.Selection))
        {
            if (result.Groups.FirstOrDefault(group => group.Name == name) is { } group)
                results[name] = Numbers(alias, group.Documents, group.Metrics);
            else
                results[name] = Numbers(alias, result[name].Samples.Count, result[name].Metrics);
        }

        var groups = Map();
        foreach (var group in result.Groups.Where(group => group.Metrics.Count > 0))
            groups[group.Name] = results[group.Name];
        return new OrderedDictionary<string, object?>(StringComparer.Ordinal)
        {
            ["results"] = results,
            ["groups"] = groups,
            ["group_subtasks"] = Subtasks(result),
            ["configs"] = ByTask(result, Configuration),
            ["versions"] = Versions(result),
            ["n-shot"] = ByTask(result, task => (long)task.Prepared.Shots),
            ["higher_is_better"] = ByTask(result, task => Directions(task.Metrics)),
            ["n-samples"] = ByTask(result, task => new OrderedDictionary<string, object?>(StringComparer.Ordinal)
            {
                ["original"] = (long)task.Prepared.OriginalCount,
                ["effective"] = (long)task.Samples.Count,
            }),
            ["config"] = Settings(run),
            ["git_hash"] = null,
            ["date"] = run.Start.ToUnixTimeMilliseconds() / 1000.0,
            ["model_source"] = "puzzle",
            ["model_name"] = run.Model,
            ["model_name_sanitized"] = run.SanitisedModel,
            ["system_instruction"] = run.Options.Prompts.SystemInstruction,
            ["system_instruction_sha"] = Sha(run.Options.Prompts.SystemInstruction),
            ["fewshot_as_multiturn"] = run.Options.Prompts.FewShotAsMultiturn,
            ["chat_template"] = run.ChatTemplate,
            ["chat_template_sha"] = Sha(run.ChatTemplate),
            ["task_hashes"] = ByTask(result, task => SampleLines.TaskHash(task)),
            ["total_evaluation_time_seconds"] = result.Elapsed.TotalSeconds.ToString(CultureInfo.InvariantCulture),
        };
    }

    /// <summary>Groups and tasks in the order of tables, with their indented names and depth.</summary>
    internal static IEnumerable<(string Name, string Alias, int Depth)> Lines(TaskSelection selection)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var part in selection.Parts)
        {
            foreach (var line in Lines(part, 0))
            {
                if (seen.Add(line.Name))
                    yield return line;
            }
        }
    }

    private static IEnumerable<(string Name, string Alias, int Depth)> Lines(TaskGroup.Part part, int depth)
    {
        var indent = depth == 0 ? "" : new string(' ', depth) + "- ";
        yield return (part.Name, indent + (part.Group?.Alias ?? part.Task!.Alias), depth);
        foreach (var line in (part.Group?.Parts ?? []).SelectMany(inner => Lines(inner, depth + 1)))
            yield return line;
    }

    private static OrderedDictionary<string, object?> Map() => new(StringComparer.Ordinal);

    private static OrderedDictionary<string, object?> Numbers(string alias, int count, IReadOnlyList<MetricResult> metrics)
    {
        var numbers = Map();
        numbers["alias"] = alias;
        numbers["sample_len"] = (long)count;
        foreach (var metric in metrics)
        {
            numbers[$"{metric.Metric},{metric.Filter}"] = metric.Value;
            numbers[$"{metric.Metric}_stderr,{metric.Filter}"] = metric.StdErr is { } error ? error : "N/A";
        }

        return numbers;
    }

    private static OrderedDictionary<string, object?> ByTask(EvaluationResult result, Func<TaskResult, object?> value)
    {
        var map = Map();
        foreach (var task in result.Tasks)
            map[task.Name] = value(task);
        return map;
    }

    private static OrderedDictionary<string, object?> Subtasks(EvaluationResult result)
    {
        var map = Map();
        foreach (var part in result.Selection.Parts.Where(part => part.Task is not null))
            map[part.Name] = new List<object?>();
        foreach (var group in result.Groups)
            map[group.Name] = group.Group.Parts.Select(part => (object?)part.Name).ToList();
        return map;
    }

    private static OrderedDictionary<string, object?> Versions(EvaluationResult result)
    {
        var map = ByTask(result, task => Version(task.Prepared.Task.Version));
        foreach (var group in result.Groups)
            map[group.Name] = Version(group.Group.Version);
        return map;
    }

    private static object Version(string version) =>
        long.TryParse(version, CultureInfo.InvariantCulture, out var whole) ? whole
        : double.TryParse(version, CultureInfo.InvariantCulture, out var number) ? number
        : version;

    private static OrderedDictionary<string, object?> Configuration(TaskResult task)
    {
        var map = Map();
        foreach (var (key, value) in task.Prepared.Task.Configuration)
            map[key] = value;
        map["num_fewshot"] = (long)task.Prepared.Shots;
        return map;
    }

    private static OrderedDictionary<string, object?> Directions(IReadOnlyList<MetricResult> metrics)
    {
        var map = Map();
        foreach (var metric in metrics)
            map[metric.Metric] = metric.HigherIsBetter;
        return map;
    }

    private static OrderedDictionary<string, object?> Settings(RunDescription run)
    {
        var map = Map();
        map["model"] = "puzzle";
        map["model_args"] = new OrderedDictionary<string, object?>(StringComparer.Ordinal) { ["pretrained"] = run.Model };
        map["batch_size"] = run.Options.BatchSize.ToString(CultureInfo.InvariantCulture);
        map["limit"] = (long?)run.Options.Prompts.Limit;
        map["bootstrap_iters"] = (long)run.Options.BootstrapResamples;
        map["fewshot_seed"] = (long)run.Options.Prompts.FewShotSeed;
        foreach (var (key, value) in run.Environment)
            map[key] = value;
        return map;
    }

    private static string? Sha(string? text) => text is null ? null : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
