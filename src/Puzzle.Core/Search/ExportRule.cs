using Puzzle.Core.Errors;
using Puzzle.Core.Variants;

namespace Puzzle.Core.Search;

/// <summary>
/// What a format or engine cannot hold, known before anything is trained: items that break the rule are not choices.
/// </summary>
/// <param name="Target">The name recipes use, for example <c>llama.cpp</c>.</param>
/// <param name="Refusal">Why the target refuses a layer (its specification, index and the number of layers); null where it takes it.</param>
public sealed record ExportRule(string Target, Func<LayerSpec, int, int, string?> Refusal)
{
    /// <summary>The known targets. Parents with q/k norms are refused by some of them as a whole, which is not a matter of single layers.</summary>
    public static IReadOnlyList<ExportRule> All { get; } =
    [
        new("vllm", (layer, index, _) =>
            Linear(layer) ?? Window(layer) ?? (index == 0 && layer.Attention is NoOpAttentionSpec ? "vLLM reads the head sizes from layer 0: no attention no-op there" : null)),
        new("llama.cpp", (layer, index, _) => layer.FeedForward is LinearFeedForwardSpec ? "llama.cpp has no linear feed-forward; export.linear_ffn: distill would turn it into a SwiGLU" : LlamaCpp(layer, index)),
        new("transformers", (layer, _, _) => Window(layer)),
        new("tensorrt-llm", (layer, _, _) => Window(layer)),
        new("plain", (layer, _, _) => Linear(layer) ?? Window(layer)),
    ];

    /// <summary>The rule of a target by its name, or by the word that recipes write for it (<c>llama_cpp</c>).</summary>
    public static ExportRule For(string target) =>
        All.FirstOrDefault(rule => Word(rule.Target) == Word(target))
        ?? throw new RecipeException($"export target '{target}' is not known; known are {string.Join(", ", All.Select(rule => rule.Target))}");

    /// <summary>llama.cpp's rule where linear feed-forward networks become SwiGLU networks in the file.</summary>
    public static ExportRule LlamaCppWithoutLinears { get; } = new("llama.cpp", (layer, index, _) => LlamaCpp(layer, index));

    /// <summary>Why the target refuses an item of a problem with so many layers; null where it takes it.</summary>
    public string? Refuses(PuzzleItem item, int layerCount)
    {
        for (var i = 0; i < item.Layers?.Count; i++)
            if (Refusal(item.Layers[i], item.FirstLayer + i, layerCount) is { } reason)
                return reason;
        return null;
    }

    private static string Word(string target) => target.Replace('.', '_').Replace('-', '_');

    private static string? LlamaCpp(LayerSpec layer, int index) =>
        layer.Attention is LinearAttentionSpec && layer.FeedForward is NoOpFeedForwardSpec ? "llama.cpp drops a linear attention whose feed-forward is a no-op"
        : index == 0 && layer.Attention is NoOpAttentionSpec ? "llama.cpp reads the head sizes from layer 0: no attention no-op there"
        : Window(layer);

    private static string? Linear(LayerSpec layer) =>
        layer.Attention is LinearAttentionSpec || layer.FeedForward is LinearFeedForwardSpec ? "the target has no linear subblocks" : null;

    private static string? Window(LayerSpec layer) =>
        layer.Attention is GroupedQuerySpec { Window: not null } ? "the target has no windows or sinks per layer" : null;
}
