using Puzzle.Core.Models;

namespace Puzzle.Core.Variants.NoOp;

/// <summary>The subblock is left out, its norm too.</summary>
public sealed class NoOpVariant(SubblockKind kind) : IVariant
{
    private readonly SubblockSpec _spec = kind == SubblockKind.Attention ? new NoOpAttentionSpec() : new NoOpFeedForwardSpec();

    /// <inheritdoc/>
    public SubblockKind Subblock => kind;

    /// <inheritdoc/>
    public string Syntax => "no_op";

    /// <inheritdoc/>
    public IReadOnlyList<IStart> Starts => [];

    /// <inheritdoc/>
    public bool Owns(SubblockSpec spec) => spec == _spec;

    /// <inheritdoc/>
    public SubblockSpec? Parse(string word, ModelConfig parent, int multiple) => word == "no_op" || word == _spec.Id ? _spec : null;

    /// <inheritdoc/>
    public Subblock Read(SubblockSpec spec, ModelConfig config, WeightReader read) => new NoOpSubblock(kind);

    /// <inheritdoc/>
    public long Parameters(SubblockSpec spec, ModelConfig config) => 0;

    /// <inheritdoc/>
    public long KvElements(SubblockSpec spec, ModelConfig config, long tokens) => 0;
}
