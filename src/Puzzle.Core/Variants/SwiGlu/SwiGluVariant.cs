using System.Globalization;
using Puzzle.Core.Errors;
using Puzzle.Core.Models;

namespace Puzzle.Core.Variants.SwiGlu;

/// <summary>The parent's feed-forward network with fewer channels.</summary>
public sealed class SwiGluVariant : IVariant
{
    /// <inheritdoc/>
    public SubblockKind Subblock => SubblockKind.FeedForward;

    /// <inheritdoc/>
    public string Syntax => "a width (768, ffn_768) or a share of the parent's (50%)";

    /// <inheritdoc/>
    public IReadOnlyList<IStart> Starts { get; } =
    [
        new ChannelStart("channel_contribution", "contribution", ChannelContribution.Rank, refit: false),
        new ChannelStart("channel_contribution_refit", "contribution", ChannelContribution.Rank, refit: true),
        new ChannelStart("iterative_contribution", "iterative", IterativeContribution.Rank, refit: false),
        new ChannelStart("iterative_contribution_refit", "iterative", IterativeContribution.Rank, refit: true),
        new ChannelStart("second_order", "second order", SecondOrderRemoval.Rank, refit: true),
    ];

    /// <inheritdoc/>
    public bool Owns(SubblockSpec spec) => spec is SwiGluSpec;

    /// <inheritdoc/>
    public SubblockSpec? Parse(string word, ModelConfig parent, int multiple)
    {
        var full = parent.Layers.Max(layer => (layer.FeedForward as SwiGluSpec)?.IntermediateSize ?? 0);
        int width;
        if (word.EndsWith('%') && double.TryParse(word[..^1], NumberStyles.Float, CultureInfo.InvariantCulture, out var percent))
            width = Math.Max(multiple, (int)Math.Round(full * percent / 100 / multiple) * multiple);
        else if (!int.TryParse(word.StartsWith("ffn_", StringComparison.Ordinal) ? word[4..] : word, NumberStyles.None, CultureInfo.InvariantCulture, out width))
            return null;
        if (width < 1 || width > full)
            throw new RecipeException($"variants.ffn: width {word} is not between 1 and the parent's {full}");
        return new SwiGluSpec(width);
    }

    /// <inheritdoc/>
    public Subblock Read(SubblockSpec spec, ModelConfig config, WeightReader read)
    {
        long width = ((SwiGluSpec)spec).IntermediateSize;
        return new SwiGluFeedForward(
            config.RmsNormEps,
            read(["post_attention_layernorm.weight"], [config.HiddenSize], null),
            read(["mlp.gate_proj.weight", "mlp.up_proj.weight"], [width, width], config.HiddenSize),
            read(["mlp.down_proj.weight"], [config.HiddenSize], width),
            config.MlpBias ? read(["mlp.gate_proj.bias", "mlp.up_proj.bias"], [width, width], null) : null,
            config.MlpBias ? read(["mlp.down_proj.bias"], [config.HiddenSize], null) : null);
    }

    /// <inheritdoc/>
    public long Parameters(SubblockSpec spec, ModelConfig config)
    {
        long width = ((SwiGluSpec)spec).IntermediateSize;
        return config.HiddenSize + 3 * width * config.HiddenSize + (config.MlpBias ? 2 * width + config.HiddenSize : 0);
    }

    /// <inheritdoc/>
    public long KvElements(SubblockSpec spec, ModelConfig config, long tokens) => 0;
}
