using Puzzle.Core.Models;

namespace Puzzle.Core.Variants.Linear;

/// <summary>One matrix in the place of the subblock.</summary>
public sealed class LinearVariant(SubblockKind kind) : IVariant
{
    private readonly SubblockSpec _spec = kind == SubblockKind.Attention ? new LinearAttentionSpec() : new LinearFeedForwardSpec();

    /// <inheritdoc/>
    public SubblockKind Subblock => kind;

    /// <inheritdoc/>
    public string Syntax => "linear";

    /// <inheritdoc/>
    public IReadOnlyList<IStart> Starts { get; } = [new ProductStart(), new RidgeStart()];

    /// <inheritdoc/>
    public bool Owns(SubblockSpec spec) => spec == _spec;

    /// <inheritdoc/>
    public SubblockSpec? Parse(string word, ModelConfig parent, int multiple) => word == "linear" || word == _spec.Id ? _spec : null;

    /// <inheritdoc/>
    public Subblock Read(SubblockSpec spec, ModelConfig config, WeightReader read) => kind == SubblockKind.Attention
        ? Build(config, read, "input_layernorm.weight", "self_attn.linear_attn.weight")
        : Build(config, read, "post_attention_layernorm.weight", "mlp.linear_mlp.weight");

    /// <inheritdoc/>
    public long Parameters(SubblockSpec spec, ModelConfig config) => (long)config.HiddenSize * config.HiddenSize + config.HiddenSize;

    /// <inheritdoc/>
    public long KvElements(SubblockSpec spec, ModelConfig config, long tokens) => 0;

    private LinearSubblock Build(ModelConfig config, WeightReader read, string norm, string weight) =>
        new(kind, config.RmsNormEps, read([norm], [config.HiddenSize], null), read([weight], [config.HiddenSize], config.HiddenSize));
}
