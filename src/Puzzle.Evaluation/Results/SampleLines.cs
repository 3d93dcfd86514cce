using System.Security.Cryptography;
using System.Text;
using Puzzle.Evaluation.Requests;
using Puzzle.Evaluation.Tasks;
using Puzzle.Evaluation.Text;

namespace Puzzle.Evaluation.Results;

/// <summary>Writes <c>samples_TASK_DATE.jsonl</c> in the harness's shape: a line a document and filter.</summary>
public static class SampleLines
{
    /// <returns>The file's path.</returns>
    public static string Write(string outputPath, TaskResult task, RunDescription run)
    {
        var folder = Path.Combine(outputPath, run.SanitisedModel);
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, $"samples_{task.Name}_{run.Stamp}.jsonl");
        File.WriteAllLines(path + ".part", Lines(task));
        File.Move(path + ".part", path, overwrite: true);
        return path;
    }

    /// <summary>The file's lines.</summary>
    public static IEnumerable<string> Lines(TaskResult task) =>
        task.Samples.SelectMany(sample => sample.Scores.Select(score => PythonJson.Write(Line(sample, score))));

    /// <summary>The harness's hash of a task: of the hashes of its documents, prompts and targets.</summary>
    public static string TaskHash(TaskResult task) =>
        Sha(string.Concat(task.Samples.SelectMany(sample => sample.Scores.Select(_ => DocumentHash(sample) + PromptHash(sample) + TargetHash(sample)))));

    private static OrderedDictionary<string, object?> Line(SampleResult sample, FilteredScore score)
    {
        var document = sample.Document;
        var arguments = new OrderedDictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (i, request) in document.Requests.Index())
            arguments[$"gen_args_{i}"] = Arguments(request);
        var line = new OrderedDictionary<string, object?>(StringComparer.Ordinal)
        {
            ["doc_id"] = (long)document.Index,
            ["doc"] = document.Content,
            ["target"] = Text(document.Target),
            ["arguments"] = arguments,
            ["resps"] = sample.Responses.Select(response => (object?)new List<object?> { Answer(response) }).ToList(),
            ["filtered_resps"] = sample.Responses.Select(response => score.FilteredText is null ? Answer(response) : score.FilteredText).ToList(),
            ["filter"] = score.Filter,
            ["metrics"] = score.Scores.Keys.Select(name => (object?)name).ToList(),
            ["doc_hash"] = DocumentHash(sample),
            ["prompt_hash"] = PromptHash(sample),
            ["target_hash"] = TargetHash(sample),
        };
        foreach (var (name, value) in score.Scores)
            line[name] = value.Weight == 1 ? value.Value : new List<object?> { value.Value, value.Weight };
        return line;
    }

    private static OrderedDictionary<string, object?> Arguments(EvalRequest request) => request switch
    {
        ContinuationRequest pair => new(StringComparer.Ordinal) { ["arg_0"] = pair.Context, ["arg_1"] = pair.Continuation },
        RollingRequest rolling => new(StringComparer.Ordinal) { ["arg_0"] = rolling.Text },
        GenerateRequest generate => new(StringComparer.Ordinal)
        {
            ["arg_0"] = generate.Context,
            ["arg_1"] = new OrderedDictionary<string, object?>(StringComparer.Ordinal)
            {
                ["until"] = generate.Settings.Until.Select(stop => (object?)stop).ToList(),
                ["max_gen_toks"] = (long)generate.Settings.MaxNewTokens,
                ["do_sample"] = false,
            },
        },
        _ => new(StringComparer.Ordinal),
    };

    // Numbers as texts, as the harness stores them.
    private static object? Answer(Response response) => response.Text is { } text
        ? text
        : new List<object?> { PythonNumbers.Repr(response.LogLikelihood), response.IsGreedy ? "True" : "False" };

    private static string DocumentHash(SampleResult sample) => Sha(PythonJson.Write(sample.Document.Content, indent: 2));

    private static string PromptHash(SampleResult sample) => Sha((sample.Document.Requests is [var first, ..] ? first : null) switch
    {
        ContinuationRequest pair => pair.Context,
        RollingRequest rolling => rolling.Text,
        GenerateRequest generate => generate.Context,
        _ => "",
    });

    private static string TargetHash(SampleResult sample) => Sha(Text(sample.Document.Target));

    private static string Text(object? target) => target as string ?? (target is null ? "None" : PythonJson.Write(target));

    private static string Sha(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
