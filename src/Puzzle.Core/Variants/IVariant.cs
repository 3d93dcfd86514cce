using Puzzle.Core.Models;

namespace Puzzle.Core.Variants;

/// <summary>
/// One idea of what a subblock may become. Everything about it lives in its folder: the module, how recipes call it,
/// how it is read from a checkpoint, its starts from the parent's weights, what it costs.
/// </summary>
public interface IVariant
{
    /// <summary>Which subblock it takes the place of.</summary>
    SubblockKind Subblock { get; }

    /// <summary>How recipes write it, for help and errors: <c>gqa_K</c>, <c>75%</c>, <c>linear</c>, ...</summary>
    string Syntax { get; }

    /// <summary>Whether the spec is of this variant.</summary>
    bool Owns(SubblockSpec spec);

    /// <summary>The spec that a recipe's word means for this parent, or null where the word is not this variant's.</summary>
    /// <param name="word">As in the recipe.</param>
    /// <param name="parent">The parent's architecture.</param>
    /// <param name="multiple">Widths are rounded to a multiple of this.</param>
    /// <exception cref="Errors.RecipeException">The word is this variant's, but the parent does not allow it.</exception>
    SubblockSpec? Parse(string word, ModelConfig parent, int multiple);

    /// <summary>Builds the module from weights.</summary>
    Subblock Read(SubblockSpec spec, ModelConfig config, WeightReader read);

    /// <summary>Numbers in its weights, norm included.</summary>
    long Parameters(SubblockSpec spec, ModelConfig config);

    /// <summary>Numbers that one sequence of <paramref name="tokens"/> tokens keeps in the KV cache.</summary>
    long KvElements(SubblockSpec spec, ModelConfig config, long tokens);

    /// <summary>Ways to start it from the parent's own weights, the paper's first; empty where there is nothing to start.</summary>
    IReadOnlyList<IStart> Starts { get; }
}
