using System.Text;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Models;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Export;

/// <summary>The card of one export: the child's own, and what was found when the export was read back.</summary>
internal static class ExportCard
{
    /// <param name="card">The child's card; empty where it has none.</param>
    /// <param name="format">As the command line names it.</param>
    /// <param name="type">How weights are stored.</param>
    /// <param name="config">The child.</param>
    /// <param name="proofs">Who read it back, and the largest difference of log-probabilities.</param>
    public static string Render(string card, string format, StoredType type, ModelConfig config, IReadOnlyList<(string Engine, double Difference)> proofs)
    {
        var text = new StringBuilder(card.Length > 0 ? card.TrimEnd() : Plain(config));
        text.Append($"\n\n## This file\n\nWritten as `{format}`, weights in {type}. Read back and compared with the child on a fixed prompt:\n\n| read by | largest difference of log-probabilities |\n| --- | --- |\n");
        foreach (var (engine, difference) in proofs)
            text.Append($"| {engine} | {difference:G3} |\n");
        if (format == "hf-inflated")
            text.Append("\nThe layers are the child's in the parent's plain shapes: the same function, loadable everywhere, and no smaller or faster than the parent.\n");
        var odd = config.Layers.Select(layer => layer.FeedForward).OfType<SwiGluSpec>().Count(feedForward => feedForward.IntermediateSize % FfnMultiplier.Multiple != 0);
        if (format == "hf" && odd > 0)
            text.Append($"\nThe widths of {odd} layers are no multiples of {FfnMultiplier.Multiple}: zeros fill them up to the next one, which transformers' code for this class needs.\n");
        return text.ToString();
    }

    private static string Plain(ModelConfig config) =>
        $"---\nlibrary_name: transformers\nbase_model_relation: finetune\ntags:\n- puzzle\n- pruning\n- distillation\n---\n\n# A child of a {config.Family} model\n\n"
        + $"{config.Layers.Count} layers: {string.Join(", ", config.Layers.GroupBy(layer => layer.ToString()).Select(group => $"{group.Count()} x {group.Key}"))}.";
}
