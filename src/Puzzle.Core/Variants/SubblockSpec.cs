using System.Text.Json.Serialization;

namespace Puzzle.Core.Variants;

/// <summary>What one subblock of a layer is: pure data, compared by value.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(GroupedQuerySpec), "gqa")]
[JsonDerivedType(typeof(LinearAttentionSpec), "linear_attention")]
[JsonDerivedType(typeof(NoOpAttentionSpec), "no_op_attention")]
[JsonDerivedType(typeof(SwiGluSpec), "swiglu")]
[JsonDerivedType(typeof(LinearFeedForwardSpec), "linear_ffn")]
[JsonDerivedType(typeof(NoOpFeedForwardSpec), "no_op_ffn")]
public abstract record SubblockSpec
{
    /// <summary>Attention or feed-forward.</summary>
    [JsonIgnore]
    public abstract SubblockKind Subblock { get; }

    /// <summary>The short name used in recipes, files and reports, for example <c>gqa_4</c> or <c>ffn_768</c>.</summary>
    [JsonIgnore]
    public abstract string Id { get; }

    /// <inheritdoc/>
    public sealed override string ToString() => Id;
}

/// <summary>What the attention of a layer is.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(GroupedQuerySpec), "gqa")]
[JsonDerivedType(typeof(LinearAttentionSpec), "linear_attention")]
[JsonDerivedType(typeof(NoOpAttentionSpec), "no_op_attention")]
public abstract record AttentionSpec : SubblockSpec
{
    /// <inheritdoc/>
    public sealed override SubblockKind Subblock => SubblockKind.Attention;
}

/// <summary>What the feed-forward network of a layer is.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(SwiGluSpec), "swiglu")]
[JsonDerivedType(typeof(LinearFeedForwardSpec), "linear_ffn")]
[JsonDerivedType(typeof(NoOpFeedForwardSpec), "no_op_ffn")]
public abstract record FeedForwardSpec : SubblockSpec
{
    /// <inheritdoc/>
    public sealed override SubblockKind Subblock => SubblockKind.FeedForward;
}

/// <summary>Grouped-query attention; with a window, position i sees j where i - j &lt; Window, and the first Sinks positions.</summary>
public sealed record GroupedQuerySpec(int KvHeads, int? Window = null, int Sinks = 0) : AttentionSpec
{
    /// <inheritdoc/>
    public override string Id => Window is { } window ? $"gqa_{KvHeads}_window_{window}{(Sinks > 0 ? $"_sinks_{Sinks}" : "")}" : $"gqa_{KvHeads}";
}

/// <summary>One matrix [hidden, hidden] on the normalised input: no RoPE, no mixing over positions.</summary>
public sealed record LinearAttentionSpec : AttentionSpec
{
    /// <inheritdoc/>
    public override string Id => "attn_linear";
}

/// <summary>No attention and no input norm: x stays x.</summary>
public sealed record NoOpAttentionSpec : AttentionSpec
{
    /// <inheritdoc/>
    public override string Id => "attn_no_op";
}

/// <summary>W_down (silu(W_gate n(x)) * W_up n(x)) of the given intermediate size.</summary>
public sealed record SwiGluSpec(int IntermediateSize) : FeedForwardSpec
{
    /// <inheritdoc/>
    public override string Id => $"ffn_{IntermediateSize}";
}

/// <summary>One matrix [hidden, hidden] on the normalised input.</summary>
public sealed record LinearFeedForwardSpec : FeedForwardSpec
{
    /// <inheritdoc/>
    public override string Id => "ffn_linear";
}

/// <summary>No feed-forward network and no norm: x stays x.</summary>
public sealed record NoOpFeedForwardSpec : FeedForwardSpec
{
    /// <inheritdoc/>
    public override string Id => "ffn_no_op";
}

/// <summary>One layer: its attention and its feed-forward network.</summary>
public sealed record LayerSpec(AttentionSpec Attention, FeedForwardSpec FeedForward)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Attention.Id} + {FeedForward.Id}";
}
