using Puzzle.Core.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Core.Variants.GroupedQuery;

// B batch, T tokens, D hidden, N heads, K kv heads, H head_dim, E = (N + 2 K) H

/// <summary>Grouped-query attention on the normalised input, with RoPE, optional window, biases and q/k norms.</summary>
public sealed class GroupedQueryAttention : Subblock
{
    private readonly ModelConfig _config;

    /// <param name="spec">KV heads and window.</param>
    /// <param name="config">Heads, head_dim, eps.</param>
    /// <param name="norm">[D].</param>
    /// <param name="qkv">[(N + 2 K) H, D]: q, k and v rows one below the other.</param>
    /// <param name="output">[D, N H].</param>
    /// <param name="qkvBias">[(N + 2 K) H] or null.</param>
    /// <param name="outputBias">[D] or null.</param>
    /// <param name="qNorm">[H] or null.</param>
    /// <param name="kNorm">[H] or null.</param>
    public GroupedQueryAttention(GroupedQuerySpec spec, ModelConfig config, Tensor norm, Tensor qkv, Tensor output, Tensor? qkvBias = null, Tensor? outputBias = null, Tensor? qNorm = null, Tensor? kNorm = null)
    {
        _config = config;
        GroupedQuery = spec;
        (Norm, Qkv, Output, QkvBias, OutputBias, QNorm, KNorm) = (norm, qkv, output, qkvBias, outputBias, qNorm, kNorm);
        Parameters = [.. new[] { Norm, Qkv, Output, QkvBias, OutputBias, QNorm, KNorm }.OfType<Tensor>()];
    }

    /// <inheritdoc/>
    public override SubblockSpec Spec => GroupedQuery;

    /// <summary>The spec by its own type.</summary>
    public GroupedQuerySpec GroupedQuery { get; }

    public Tensor Norm { get; }

    public Tensor Qkv { get; }

    public Tensor Output { get; }

    public Tensor? QkvBias { get; }

    public Tensor? OutputBias { get; }

    public Tensor? QNorm { get; }

    public Tensor? KNorm { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<Tensor> Parameters { get; }

    private long QueryRows => (long)_config.Heads * _config.HeadDim;

    private long KeyRows => (long)GroupedQuery.KvHeads * _config.HeadDim;

    /// <inheritdoc/>
    public override Tensor? Delta(Tensor x_BTD, ForwardContext context, int layer)
    {
        var heads = Heads(Operators.RmsNorm(x_BTD, Norm, _config.RmsNormEps), context, layer);
        return Products.Linear(heads, Output, OutputBias);
    }

    /// <summary>All heads' outputs side by side, before the output projection: [B, T, N H], of the normalised input.</summary>
    public Tensor Heads(Tensor n_BTD, ForwardContext context, int layer) => HeadsOf(Products.Linear(n_BTD, Qkv, QkvBias), context, layer);

    /// <summary>The same from q, k and v side by side: [B, T, (N + 2 K) H].</summary>
    public Tensor HeadsOf(Tensor qkv_BTE, ForwardContext context, int layer)
    {
        var (batch, tokens) = (qkv_BTE.shape[0], qkv_BTE.shape[1]);
        var qkv = qkv_BTE.view(batch, tokens, -1, _config.HeadDim);
        var q_BTNH = qkv.narrow(2, 0, _config.Heads);
        var k_BTKH = qkv.narrow(2, _config.Heads, GroupedQuery.KvHeads);
        var v_BTKH = qkv.narrow(2, _config.Heads + GroupedQuery.KvHeads, GroupedQuery.KvHeads);
        if (QNorm is not null && KNorm is not null)
        {
            q_BTNH = Operators.RmsNorm(q_BTNH, QNorm, _config.RmsNormEps);
            k_BTKH = Operators.RmsNorm(k_BTKH, KNorm, _config.RmsNormEps);
        }

        var q_BNTH = Operators.Rotate(q_BTNH.transpose(1, 2), context.Cos, context.Sin);
        var k_BKTH = Operators.Rotate(k_BTKH.transpose(1, 2), context.Cos, context.Sin);
        var v_BKTH = v_BTKH.transpose(1, 2);
        if (context.Cache is { } cache)
            (k_BKTH, v_BKTH) = cache.Append(layer, k_BKTH, v_BKTH);
        return context.Attend(GroupedQuery, q_BNTH, k_BKTH, v_BKTH).transpose(1, 2).reshape(batch, tokens, QueryRows);
    }

    /// <inheritdoc/>
    public override IEnumerable<KeyValuePair<string, Tensor>> Named()
    {
        yield return new("input_layernorm.weight", Norm);
        foreach (var (name, start, rows) in new[] { ("q", 0L, QueryRows), ("k", QueryRows, KeyRows), ("v", QueryRows + KeyRows, KeyRows) })
        {
            yield return new($"self_attn.{name}_proj.weight", Qkv.narrow(0, start, rows));
            if (QkvBias is not null)
                yield return new($"self_attn.{name}_proj.bias", QkvBias.narrow(0, start, rows));
        }

        yield return new("self_attn.o_proj.weight", Output);
        if (OutputBias is not null)
            yield return new("self_attn.o_proj.bias", OutputBias);
        if (QNorm is not null && KNorm is not null)
        {
            yield return new("self_attn.q_norm.weight", QNorm);
            yield return new("self_attn.k_norm.weight", KNorm);
        }
    }

    /// <inheritdoc/>
    public override Subblock Clone() =>
        new GroupedQueryAttention(GroupedQuery, _config, Copy(Norm), Copy(Qkv), Copy(Output), CopyOrNull(QkvBias), CopyOrNull(OutputBias), CopyOrNull(QNorm), CopyOrNull(KNorm));
}
