namespace Puzzle.Benchmarks.Studies;

/// <summary>The studies that can be made.</summary>
internal static class StudyCatalogue
{
    /// <summary>SmolLM2-135M-Instruct: hours on two cores.</summary>
    public static StudyPlan SmolLm2 { get; } = new()
    {
        Name = "smollm2-135m",
        Title = "SmolLM2-135M-Instruct on two cores",
        Recipe = "recipes/smollm2-135m.yaml",
        Targets =
        [
            new("1.3x", "{speedup: 1.3x}"),
            new("1.6x", "{speedup: 1.6x}"),
            new("2.17x", "{speedup: 2.17x}"),
            new("memory-60%", "{max_memory_gib: 60%}"),
        ],
        Tasks = ["golden/lm-eval/tasks/hellaswag_jsonl.yaml", "golden/lm-eval/tasks/piqa_jsonl.yaml", "golden/lm-eval/tasks/arc_easy_jsonl.yaml", "golden/lm-eval/tasks/blimp_*.yaml"],
        Texts = new Dictionary<string, string> { ["wikitext"] = "text/wikitext-2/test.txt", ["books"] = "text/books/validation-3.md" },
    };

    /// <summary>The same machinery on five tiny layers: minutes.</summary>
    public static StudyPlan Stories { get; } = new()
    {
        Name = "stories260k",
        Title = "stories260K, the study of SmolLM2 in miniature",
        Recipe = "recipes/stories260k.yaml",
        Settings = ["init.tokens=8K", "distill.tokens=64K", "score.tokens=8K", "heal.tokens=64K"],
        Targets = [new("params-70%", "{max_params: 70%}"), new("params-50%", "{max_params: 50%}")],
        Tasks = ["golden/lm-eval/tasks/piqa_jsonl.yaml", "golden/lm-eval/tasks/blimp_*.yaml"],
        Limit = 40,
        Texts = new Dictionary<string, string> { ["stories"] = "text/tinystories/validation.txt" },
        TextTokens = 8_192,
        Repeats = 1,
    };
}
