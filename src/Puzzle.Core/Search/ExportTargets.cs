using Puzzle.Core.Recipes;

namespace Puzzle.Core.Search;

/// <summary>The rules of the export targets that a recipe names.</summary>
public static class ExportTargets
{
    /// <summary>The rules that every layer of the child has to keep.</summary>
    public static IReadOnlyList<ExportRule> Rules(IEnumerable<ServingTarget> targets) =>
        [.. targets.Where(target => target != ServingTarget.Plain).Distinct().Select(target => ExportRule.For(NameOf(target)))];

    /// <summary>The multiple of widths that the targets ask for.</summary>
    public static int WidthMultiple(IEnumerable<ServingTarget> targets) => targets.Contains(ServingTarget.Transformers) ? 256 : 1;

    private static string NameOf(ServingTarget target) => target switch
    {
        ServingTarget.Transformers => "transformers",
        ServingTarget.Vllm => "vllm",
        ServingTarget.LlamaCpp => "llama.cpp",
        _ => "tensorrt-llm",
    };
}
