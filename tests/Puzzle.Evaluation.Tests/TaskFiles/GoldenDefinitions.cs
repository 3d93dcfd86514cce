using System.Text.Json;
using Puzzle.Evaluation.Data;
using Puzzle.Evaluation.TaskFiles;
using Puzzle.Evaluation.Tasks;
using Puzzle.Evaluation.Text;

namespace Puzzle.Evaluation.Tests.TaskFiles;

/// <summary>What lm-evaluation-harness made of the first documents of real data sets.</summary>
internal static class GoldenDefinitions
{
    /// <summary>Task and number of solved cases, as the files name them.</summary>
    public static IEnumerable<(string Task, int Shots)> All =>
    [
        ("arc_challenge", 0), ("arc_challenge", 5), ("arc_easy", 0), ("blimp_drop_argument", 0), ("blimp_wh_island", 0), ("boolq", 0), ("commonsense_qa", 0), ("hellaswag", 0),
        ("lambada_openai", 0), ("mmlu_abstract_algebra", 0), ("mmlu_abstract_algebra", 5), ("mmlu_high_school_geography", 0), ("openbookqa", 0), ("piqa", 0), ("sciq", 0), ("wikitext", 0), ("winogrande", 0),
    ];

    public static PreparedTask Prepare(string task, int shots)
    {
        var library = new TaskLibrary(data: new GoldenSource(task, shots));
        return library.Select([task]).Tasks[0].Prepare(new PromptOptions { Shots = shots });
    }

    /// <summary>The harness's lines: requests, answers, metrics.</summary>
    public static IReadOnlyList<JsonElement> Samples(string task, int shots) =>
        [.. JsonLines.Read(Shared.Path("golden", "lm-eval", "definitions", $"samples_{task}_{shots}shot.jsonl")).Select(line => line.Value.RootElement)];

    private sealed class GoldenSource(string name, int shots) : IDocumentSource
    {
        public IReadOnlyList<IReadOnlyDictionary<string, object?>> Read(TaskConfiguration task, string split)
        {
            var cases = task.FewShot.Split ?? task.TrainingSplit ?? task.ValidationSplit;
            var file = split == task.EvaluationSplit ? $"docs_{name}_{shots}shot.jsonl" : split == cases ? $"fewshot_{name}.jsonl" : throw new ArgumentException(split);
            return DocumentFile.Read(Shared.Path("golden", "lm-eval", "definitions", file));
        }
    }
}
