using Puzzle.Core.Errors;
using Puzzle.Core.Models;
using Puzzle.Core.Recipes;

namespace Puzzle.Core.Search;

/// <summary>The rules of the export targets that a recipe names.</summary>
public static class ExportTargets
{
    /// <summary>The rules that every layer of the child has to keep.</summary>
    public static IReadOnlyList<ExportRule> Rules(ExportSection export) =>
    [
        .. export.Targets.Distinct()
            .Select(target => target == ServingTarget.LlamaCpp && export.LinearFfn == LinearFfn.Distill ? ExportRule.LlamaCppWithoutLinears : ExportRule.For(NameOf(target))),
    ];

    /// <summary>Refuses targets that have no form for any child of a parent.</summary>
    /// <exception cref="RecipeException">Names the target, and what would be right.</exception>
    public static void Check(Recipe recipe, ModelConfig parent)
    {
        foreach (var target in parent.QkNorm ? recipe.Export.Targets : [])
        {
            var alike = target == ServingTarget.LlamaCpp && recipe.Solve.Homogeneous;
            if (target is ServingTarget.Transformers or ServingTarget.TensorRtLlm or ServingTarget.LlamaCpp && !alike)
                throw new RecipeException($"export.targets: a child of {parent.Family} has norms of q and k, for which {(target == ServingTarget.LlamaCpp ? "llama.cpp's deci" : "nemotron-nas")} has no place, so {NameOf(target)} cannot load it; vllm loads it as anymodel_vllm, and hf_inflated loads everywhere{(target == ServingTarget.LlamaCpp ? "; with solve.homogeneous, llama.cpp takes it as its own architecture" : "")}");
        }
    }

    /// <summary>The multiple of widths that the targets ask for.</summary>
    public static int WidthMultiple(IEnumerable<ServingTarget> targets) => targets.Contains(ServingTarget.Transformers) ? 256 : 1;

    private static string NameOf(ServingTarget target) => target switch
    {
        ServingTarget.Transformers => "transformers",
        ServingTarget.Vllm => "vllm",
        ServingTarget.LlamaCpp => "llama.cpp",
        ServingTarget.Plain => "plain",
        _ => "tensorrt-llm",
    };
}
