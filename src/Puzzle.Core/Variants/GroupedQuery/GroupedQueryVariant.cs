using System.Globalization;
using System.Text.RegularExpressions;
using Puzzle.Core.Errors;
using Puzzle.Core.Models;

namespace Puzzle.Core.Variants.GroupedQuery;

/// <summary>The parent's attention with fewer KV heads, a window, or both.</summary>
public sealed partial class GroupedQueryVariant : IVariant
{
    /// <inheritdoc/>
    public SubblockKind Subblock => SubblockKind.Attention;

    /// <inheritdoc/>
    public string Syntax => "gqa_K (K KV heads), window_W, window_W_sinks_S, gqa_K_window_W[_sinks_S]";

    /// <inheritdoc/>
    public IReadOnlyList<IStart> Starts { get; } =
    [
        new MeanPoolStart(), new MeanPoolStart(refit: true), new KeepHeadsStart(), new KeepHeadsStart(refit: true), new RegroupStart(), new RegroupStart(refit: true),
    ];

    /// <inheritdoc/>
    public bool Owns(SubblockSpec spec) => spec is GroupedQuerySpec;

    /// <inheritdoc/>
    public SubblockSpec? Parse(string word, ModelConfig parent, int multiple)
    {
        var match = Word().Match(word);
        if (!match.Success || word.Length == 0)
            return null;
        var full = parent.MaxKvHeads;
        var heads = Number(match.Groups["k"]) ?? full;
        if (heads < 1 || heads > full || full % heads != 0)
            throw new RecipeException($"variants.attention: {word} asks for {heads} KV heads; the parent has {full}, so {string.Join(", ", Enumerable.Range(1, full).Where(k => full % k == 0))} are possible");
        return new GroupedQuerySpec(heads, Number(match.Groups["w"]), Number(match.Groups["s"]) ?? 0);
    }

    /// <inheritdoc/>
    public Subblock Read(SubblockSpec spec, ModelConfig config, WeightReader read)
    {
        var attention = (GroupedQuerySpec)spec;
        long queryRows = (long)config.Heads * config.HeadDim;
        long keyRows = (long)attention.KvHeads * config.HeadDim;
        return new GroupedQueryAttention(
            attention,
            config,
            read(["input_layernorm.weight"], [config.HiddenSize], null),
            read(["self_attn.q_proj.weight", "self_attn.k_proj.weight", "self_attn.v_proj.weight"], [queryRows, keyRows, keyRows], config.HiddenSize),
            read(["self_attn.o_proj.weight"], [config.HiddenSize], queryRows),
            config.QkvBias ? read(["self_attn.q_proj.bias", "self_attn.k_proj.bias", "self_attn.v_proj.bias"], [queryRows, keyRows, keyRows], null) : null,
            config.OutputBias ? read(["self_attn.o_proj.bias"], [config.HiddenSize], null) : null,
            config.QkNorm ? read(["self_attn.q_norm.weight"], [config.HeadDim], null) : null,
            config.QkNorm ? read(["self_attn.k_norm.weight"], [config.HeadDim], null) : null);
    }

    /// <inheritdoc/>
    public long Parameters(SubblockSpec spec, ModelConfig config)
    {
        long queryRows = (long)config.Heads * config.HeadDim;
        long keyRows = 2L * ((GroupedQuerySpec)spec).KvHeads * config.HeadDim;
        return config.HiddenSize + (2 * queryRows + keyRows) * config.HiddenSize
            + (config.QkvBias ? queryRows + keyRows : 0) + (config.OutputBias ? config.HiddenSize : 0) + (config.QkNorm ? 2 * config.HeadDim : 0);
    }

    /// <inheritdoc/>
    public long KvElements(SubblockSpec spec, ModelConfig config, long tokens)
    {
        var attention = (GroupedQuerySpec)spec;
        var kept = attention.Window is { } window ? Math.Min(tokens, window + attention.Sinks) : tokens;
        return 2L * attention.KvHeads * config.HeadDim * kept;
    }

    private static int? Number(Group group) => group.Success ? int.Parse(group.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture) : null;

    [GeneratedRegex(@"^(gqa_(?<k>\d{1,6}))?((^|_)window_(?<w>\d{1,9})(_sinks_(?<s>\d{1,6}))?)?$")]
    private static partial Regex Word();
}
