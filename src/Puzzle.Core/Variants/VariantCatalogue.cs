using Puzzle.Core.Errors;
using Puzzle.Core.Models;
using Puzzle.Core.Variants.GroupedQuery;
using Puzzle.Core.Variants.Linear;
using Puzzle.Core.Variants.NoOp;
using Puzzle.Core.Variants.SwiGlu;

namespace Puzzle.Core.Variants;

/// <summary>All variants that there are. A new one is a folder beside this file and a line here.</summary>
public static class VariantCatalogue
{
    public static IReadOnlyList<IVariant> All { get; } =
    [
        new GroupedQueryVariant(),
        new LinearVariant(SubblockKind.Attention),
        new NoOpVariant(SubblockKind.Attention),
        new SwiGluVariant(),
        new LinearVariant(SubblockKind.FeedForward),
        new NoOpVariant(SubblockKind.FeedForward),
    ];

    /// <summary>The variant that a spec belongs to.</summary>
    public static IVariant Of(SubblockSpec spec) => All.First(variant => variant.Owns(spec));

    /// <summary>The specs that a recipe's words mean for this parent, duplicates and the parent's own left out.</summary>
    /// <exception cref="RecipeException">A word that no variant knows, or that the parent does not allow.</exception>
    public static IReadOnlyList<SubblockSpec> Parse(SubblockKind kind, IEnumerable<string> words, ModelConfig parent, int multiple)
    {
        var variants = All.Where(variant => variant.Subblock == kind).ToArray();
        var specs = words.Select(word => variants.Select(variant => variant.Parse(word, parent, multiple)).FirstOrDefault(spec => spec is not null)
            ?? throw new RecipeException($"variants: '{word}' is no {(kind == SubblockKind.Attention ? "attention" : "ffn")} variant; known are {string.Join(", ", variants.Select(variant => variant.Syntax))}"));
        return [.. specs.Distinct()];
    }

    /// <summary>Block parameters of an architecture: projections, biases and both norms of every layer.</summary>
    public static long BlockParameters(ModelConfig config) =>
        config.Layers.Sum(layer => Of(layer.Attention).Parameters(layer.Attention, config) + Of(layer.FeedForward).Parameters(layer.FeedForward, config));

    /// <summary>All parameters, tied weights once.</summary>
    public static long Parameters(ModelConfig config) =>
        BlockParameters(config) + config.HiddenSize + (long)config.VocabSize * config.HiddenSize * (config.TieWordEmbeddings ? 1 : 2);

    /// <summary>Numbers in the KV cache of one sequence.</summary>
    public static long KvElements(ModelConfig config, long tokens) =>
        config.Layers.Sum(layer => Of(layer.Attention).KvElements(layer.Attention, config, tokens));
}
