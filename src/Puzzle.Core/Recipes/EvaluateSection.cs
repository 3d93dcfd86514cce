using System.ComponentModel.DataAnnotations;

namespace Puzzle.Core.Recipes;

/// <summary>What parent and child are compared on, once, at the end.</summary>
public sealed record EvaluateSection
{
    /// <summary>Tasks by name, or files: YAML of the evaluation harness, JSONL of {"context", "choices", "gold"}.</summary>
    [RecipePath(OrName = true)]
    public IReadOnlyList<string> Tasks { get; init; } = [];

    /// <summary>Tasks for choosing the best step of healing, before validation KL; never reported.</summary>
    [RecipePath(OrName = true)]
    public IReadOnlyList<string> ValidationTasks { get; init; } = [];

    /// <summary>Folders with more tasks.</summary>
    [RecipePath]
    public IReadOnlyList<string> IncludePath { get; init; } = [];

    /// <summary>A folder with the data sets of the tasks.</summary>
    [RecipePath]
    public string? Data { get; init; }

    /// <summary>Cases with answers in front of each question. Default: as the task says.</summary>
    [Range(0, 1_000)]
    public int? NumFewshot { get; init; }

    /// <summary>At most so many documents of each task.</summary>
    [Range(1, 100_000_000)]
    public int? Limit { get; init; }

    /// <summary>Sequences computed at once.</summary>
    [Range(1, 65_536)]
    public int BatchSize { get; init; } = 16;

    /// <summary>Whether contexts go through the parent's chat template.</summary>
    public bool ApplyChatTemplate { get; init; }

    /// <summary>Held-out tokens for perplexity, KL and top-1 agreement. 0 leaves them out.</summary>
    [Range(0.0, 1e10)]
    public TokenCount Tokens { get; init; } = 32_768;

    /// <summary>Tokens per window of those.</summary>
    [Range(8, 1_048_576)]
    public int Window { get; init; } = 256;

    /// <summary>Interleaved repeats of the timed comparison of parent and child; short ones are repeated until they have taken 0.8 seconds each on average.</summary>
    [Range(1, 1_000)]
    public int Repeats { get; init; } = 5;

    /// <summary>Whatever the questions of some tasks come from: files among them, folders with more tasks, data sets.</summary>
    public IEnumerable<string> Sources(IEnumerable<string> tasks) => tasks.Where(File.Exists).Concat(IncludePath).Append(Data).OfType<string>().Distinct();
}
