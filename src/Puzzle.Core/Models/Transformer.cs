using Puzzle.Core.Variants;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Core.Models;

// B batch, T tokens, D hidden, V vocabulary

/// <summary>
/// A decoder whose every layer says what its attention and its feed-forward network are. The parent is the case where
/// all layers are the parent's variant; a child is the same class with other subblocks.
/// </summary>
public sealed class Transformer : IDisposable
{
    private readonly ModelConfig _shared;
    private readonly RotaryTable _rotary;

    /// <param name="config">What all layers share; its layer list is taken from the blocks from here on.</param>
    /// <param name="embedding">[V, D].</param>
    /// <param name="finalNorm">[D].</param>
    /// <param name="head">[V, D]; the same object as <paramref name="embedding"/> where they are tied.</param>
    /// <param name="blocks">One a layer.</param>
    public Transformer(ModelConfig config, Tensor embedding, Tensor finalNorm, Tensor head, IEnumerable<Block> blocks)
    {
        _shared = config;
        (Embedding, FinalNorm, Head, Blocks) = (embedding, finalNorm, head, [.. blocks]);
        _rotary = new RotaryTable(config, embedding.device);
    }

    /// <summary>The architecture as it is now, replaced subblocks included.</summary>
    public ModelConfig Config => _shared with { Layers = [.. Blocks.Select(block => block.Spec)] };

    public Tensor Embedding { get; }

    public Tensor FinalNorm { get; }

    public Tensor Head { get; }

    public IReadOnlyList<Block> Blocks { get; }

    public Device Device => Embedding.device;

    /// <summary>All weights, a tied head once.</summary>
    public IReadOnlyList<Tensor> Parameters =>
        [Embedding, .. Blocks.SelectMany(block => block.Attention.Parameters.Concat(block.FeedForward.Parameters)), FinalNorm, .. ReferenceEquals(Head, Embedding) ? Array.Empty<Tensor>() : [Head]];

    /// <summary>Parameters of the layers: projections, biases and norms; no embedding, final norm or head.</summary>
    public long BlockParameterCount => Blocks.Sum(block => block.Attention.ParameterCount + block.FeedForward.ParameterCount);

    /// <summary>All parameters, tied weights once.</summary>
    public long ParameterCount => BlockParameterCount + Embedding.numel() + FinalNorm.numel() + (ReferenceEquals(Head, Embedding) ? 0 : Head.numel());

    /// <summary>All weights under Hugging Face names, as views; a tied head is left out.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> Named()
    {
        yield return new("model.embed_tokens.weight", Embedding);
        for (var layer = 0; layer < Blocks.Count; layer++)
        {
            foreach (var (name, tensor) in Blocks[layer].Attention.Named().Concat(Blocks[layer].FeedForward.Named()))
                yield return new($"model.layers.{layer}.{name}", tensor);
        }

        yield return new("model.norm.weight", FinalNorm);
        if (!ReferenceEquals(Head, Embedding))
            yield return new("lm_head.weight", Head);
    }

    /// <summary>Final hidden states, after the final norm: [B, T, D].</summary>
    /// <param name="ids_BT">Token ids.</param>
    /// <param name="valid_BT">True where a token counts; padding may stand on either side. Null: no padding.</param>
    /// <param name="cache">Keys and values of earlier tokens; the new ones are appended.</param>
    public Tensor Hidden(Tensor ids_BT, Tensor? valid_BT = null, KvCache? cache = null)
    {
        using var context = Begin(ids_BT.shape[0], ids_BT.shape[1], valid_BT, cache);
        var hidden_BTD = Run(ids_BT, context);
        End(context, ids_BT.shape[1]);
        return hidden_BTD;
    }

    /// <summary>
    /// Final hidden states of rows that share work: a common start is followed by several continuations one behind the
    /// other, each of which sees the start and itself only. [B, T, D].
    /// </summary>
    /// <param name="ids_BT">Token ids; padding at the end of a row is harmless.</param>
    /// <param name="position_BT">Each token's place in its own text: a continuation goes on from the end of the start.</param>
    /// <param name="branch_BT">0 for the start, 1, 2, ... for the continuations.</param>
    public Tensor HiddenOfBranches(Tensor ids_BT, Tensor position_BT, Tensor branch_BT)
    {
        var (cos, sin) = _rotary.At(position_BT, position_BT.max().item<long>() + 1);
        using var context = new ForwardContext(cos, sin, position_BT, branch_BT, Device);
        return Run(ids_BT, context);
    }

    /// <summary>Logits [.., V] of hidden states after the final norm [.., D].</summary>
    public Tensor Logits(Tensor hidden) => Products.Linear(hidden, Head);

    /// <summary>Logits of all tokens: [B, T, V].</summary>
    public Tensor Forward(Tensor ids_BT, Tensor? valid_BT = null, KvCache? cache = null)
    {
        using var scope = NewDisposeScope();
        return Logits(Hidden(ids_BT, valid_BT, cache)).MoveToOuterDisposeScope();
    }

    /// <summary>The residual stream before layer 0: [B, T, D].</summary>
    public Tensor Embed(Tensor ids_BT) => Operators.Embedding(Embedding, ids_BT);

    /// <summary>The final norm: [.., D].</summary>
    public Tensor Normalise(Tensor x_BTD) => Operators.RmsNorm(x_BTD, FinalNorm, _shared.RmsNormEps);

    /// <summary>Positions and masks for one pass over new tokens; <see cref="End"/> closes it where there is a cache.</summary>
    public ForwardContext Begin(long batch, long tokens, Tensor? valid_BT = null, KvCache? cache = null)
    {
        var used = cache?.Used ?? 0;
        if (cache is not null && used + tokens > cache.Capacity)
            throw new ArgumentException($"the cache holds {cache.Capacity} columns; {used} are used and {tokens} more were asked for");
        if (cache is not null)
        {
            using var noGrad = no_grad();
            using var valid = valid_BT is null ? ones([batch, tokens], ScalarType.Bool, Device) : null;
            cache.Valid_BC.narrow(1, used, tokens).copy_(valid_BT ?? valid!);
            cache.Padded |= valid_BT is not null;
        }

        var padded = cache?.Padded ?? valid_BT is not null;
        if (!padded)
        {
            var (cos, sin) = _rotary.Range(used, tokens);
            return new ForwardContext(cos, sin, tokens, used + tokens, null, cache, Device);
        }

        var all_BS = cache is null ? valid_BT!.alias() : cache.Valid_BC.narrow(1, 0, used + tokens);
        var positions_BS = (all_BS.to(ScalarType.Int64).cumsum(1) - Held.Number(1)).clamp(min: Held.Number(0));
        var (cosAt, sinAt) = _rotary.At(positions_BS.narrow(1, used, tokens), used + tokens);
        return new ForwardContext(cosAt, sinAt, tokens, used + tokens, all_BS, cache, Device);
    }

    /// <summary>Counts the new tokens as cached.</summary>
    public static void End(ForwardContext context, long tokens)
    {
        if (context.Cache is { } cache)
            cache.Used += tokens;
    }

    /// <summary>Puts a subblock in the place of another and returns the old one, which stays alive.</summary>
    public Subblock Replace(int layer, Subblock subblock)
    {
        var old = Blocks[layer][subblock.Spec.Subblock];
        Blocks[layer][subblock.Spec.Subblock] = subblock;
        return old;
    }

    /// <summary>A model of its own blocks that shares this one's embedding, final norm, head and subblocks: for swapping some of them.</summary>
    public Transformer Shallow() => new(Config, Embedding, FinalNorm, Head, Blocks.Select(block => new Block(block.Attention, block.FeedForward)));

    /// <summary>A copy with weights of its own.</summary>
    public Transformer Clone()
    {
        var embedding = Embedding.detach().clone().DetachFromDisposeScope();
        var head = ReferenceEquals(Head, Embedding) ? embedding : Head.detach().clone().DetachFromDisposeScope();
        return new Transformer(Config, embedding, FinalNorm.detach().clone().DetachFromDisposeScope(), head, Blocks.Select(block => new Block(block.Attention.Clone(), block.FeedForward.Clone())));
    }

    /// <summary>Makes all weights trainable or not.</summary>
    public void RequireGrad(bool value)
    {
        foreach (var parameter in Parameters)
            parameter.requires_grad = value;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var parameter in Parameters)
            parameter.Dispose();
        _rotary.Dispose();
    }

    private Tensor Run(Tensor ids_BT, ForwardContext context)
    {
        var x_BTD = Embed(ids_BT);
        for (var layer = 0; layer < Blocks.Count; layer++)
        {
            // With autograd on, the graph needs the layer's intermediate tensors: they go with the caller's scope.
            using var scope = is_grad_enabled() ? null : NewDisposeScope();
            x_BTD = Blocks[layer].Forward(x_BTD, context, layer);
            if (scope is not null)
                x_BTD.MoveToOuterDisposeScope();
        }

        return Normalise(x_BTD);
    }
}
