using Puzzle.Core.Models;
using Puzzle.Core.Variants;
using static TorchSharp.torch;

namespace Puzzle.Core.Scoring;

// W windows, T tokens a window, D hidden

/// <summary>
/// The paper's replace-1-block score (section 4.2), subblock by subblock, with all weights resident: the parent's residual
/// stream before every subblock is kept, so a variant of layer i costs only the layers from i on.
/// </summary>
public sealed class ReplaceOneBlock : IDisposable
{
    private const int TokensAtOnce = 2048;
    private readonly Transformer _model;
    private readonly Tensor[] _inputs_WTD;
    private readonly Tensor[] _middles_WTD;
    private readonly Divergence _divergence;
    private readonly ForwardContext _context;
    private readonly ITaskScorer? _tasks;

    /// <param name="model">What variants are put into: the parent, or a child whose surroundings are to count.</param>
    /// <param name="ids_WT">Scoring windows.</param>
    /// <param name="afterLast">The token behind the last window, or -1.</param>
    /// <param name="reference">What the result is compared with; null: <paramref name="model"/> itself.</param>
    /// <param name="tasks">Scores every changed model by a task as well, as a whole.</param>
    public ReplaceOneBlock(Transformer model, Tensor ids_WT, long afterLast = -1, Transformer? reference = null, ITaskScorer? tasks = null)
    {
        (_model, _tasks) = (model, tasks);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        _context = model.Begin(1, ids_WT.shape[1]);
        _inputs_WTD = new Tensor[model.Blocks.Count];
        _middles_WTD = new Tensor[model.Blocks.Count];
        using var activations = new ParentActivations(model, ids_WT);
        do
        {
            _inputs_WTD[activations.Layer] = activations.Input_WTD.clone().DetachFromDisposeScope();
            _middles_WTD[activations.Layer] = activations.AfterAttention_WTD.clone().DetachFromDisposeScope();
        }
        while (activations.Advance());

        var hidden_WTD = model.Normalise(activations.Output_WTD);
        _divergence = new Divergence(reference ?? model, ids_WT, reference is null ? hidden_WTD : Final(reference, ids_WT), afterLast);
        Unchanged = _divergence.Compare(hidden_WTD, model) with { Task = tasks?.Score(model) };
    }

    /// <summary>The model without any change against the reference (KL 0 where they are the same).</summary>
    public Comparison Unchanged { get; }

    /// <summary>Final hidden states in batches: [W, T, D].</summary>
    public static Tensor Final(Transformer model, Tensor ids_WT)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        return cat([.. ids_WT.split(WindowsAtOnce(ids_WT.shape[1])).Select(part => model.Hidden(part))]).MoveToOuterDisposeScope();
    }

    /// <summary>The score of one subblock in the place of the model's own.</summary>
    public SubblockScore Score(int layer, Subblock subblock)
    {
        var attention = subblock.Spec.Subblock == SubblockKind.Attention;
        var result = Compare(layer, attention ? subblock : null, attention ? _model.Blocks[layer].FeedForward : subblock);
        return SubblockScore.Of(layer, subblock.Spec, result);
    }

    /// <summary>The scores of several subblocks of one layer: they share the layers behind it, as many at once as make a good batch.</summary>
    public IReadOnlyList<SubblockScore> ScoreAll(int layer, IReadOnlyList<Subblock> subblocks)
    {
        var (windows, tokens) = (_inputs_WTD[0].shape[0], _inputs_WTD[0].shape[1]);
        var together = (int)Math.Clamp(TokensAtOnce / (Math.Min(WindowsAtOnce(tokens), windows) * tokens), 1, Math.Max(1, subblocks.Count));
        return [.. subblocks.Chunk(together).SelectMany(group =>
        {
            var attention = Array.ConvertAll(group, subblock => subblock.Spec.Subblock == SubblockKind.Attention);
            var compared = Compare(layer, [.. group.Select((subblock, i) => (attention[i] ? subblock : null, attention[i] ? _model.Blocks[layer].FeedForward : subblock))]);
            return group.Select((subblock, i) => SubblockScore.Of(layer, subblock.Spec, compared[i]));
        })];
    }

    /// <summary>The score of both subblocks in the place of the model's own.</summary>
    public BlockScore Score(int layer, Subblock attention, Subblock feedForward)
    {
        var result = Compare(layer, attention, feedForward);
        return BlockScore.Of(layer, new LayerSpec((AttentionSpec)attention.Spec, (FeedForwardSpec)feedForward.Spec), result);
    }

    /// <summary>The score of a block whose variants come from a library; the model's own subblocks where the spec keeps them.</summary>
    public BlockScore Score(Library.VariantLibrary library, int layer, LayerSpec spec, Device device)
    {
        var own = _model.Blocks[layer];
        var attention = spec.Attention == own.Attention.Spec ? own.Attention : library.Read(layer, spec, spec.Attention, device);
        var feedForward = spec.FeedForward == own.FeedForward.Spec ? own.FeedForward : library.Read(layer, spec, spec.FeedForward, device);
        try
        {
            return Score(layer, attention, feedForward);
        }
        finally
        {
            if (!ReferenceEquals(attention, own.Attention))
                attention.Dispose();
            if (!ReferenceEquals(feedForward, own.FeedForward))
                feedForward.Dispose();
        }
    }

    private Comparison Compare(int layer, Subblock? attention, Subblock feedForward) => Compare(layer, [(attention, feedForward)])[0];

    // Without a new attention the kept state between the two subblocks is where the suffix begins.
    private Comparison[] Compare(int layer, (Subblock? Attention, Subblock FeedForward)[] blocks)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var hidden_WTD = Array.ConvertAll(blocks, _ => empty_like(_inputs_WTD[0]));
        var atOnce = WindowsAtOnce(hidden_WTD[0].shape[1]);
        for (long window = 0; window < hidden_WTD[0].shape[0]; window += atOnce)
        {
            using var inner = NewDisposeScope();
            var count = Math.Min(atOnce, hidden_WTD[0].shape[0] - window);
            var starts_WTD = Array.ConvertAll(blocks, block =>
            {
                var start_WTD = (block.Attention is null ? _middles_WTD : _inputs_WTD)[layer].narrow(0, window, count);
                return Add(block.Attention is null ? start_WTD : Add(start_WTD, block.Attention, layer), block.FeedForward, layer);
            });
            var x_WTD = starts_WTD.Length == 1 ? starts_WTD[0] : cat(starts_WTD);
            for (var next = layer + 1; next < _model.Blocks.Count; next++)
            {
                using var step = NewDisposeScope();
                x_WTD = _model.Blocks[next].Forward(x_WTD, _context, next).MoveToOuterDisposeScope();
            }

            var normalised_WTD = _model.Normalise(x_WTD);
            for (var i = 0; i < blocks.Length; i++)
                hidden_WTD[i].narrow(0, window, count).copy_(normalised_WTD.narrow(0, i * count, count));
        }

        var compared = _divergence.Compare(hidden_WTD, _model);
        return _tasks is null ? compared : [.. compared.Select((found, i) => found with { Task = OnTask(layer, blocks[i].Attention, blocks[i].FeedForward) })];
    }

    // Questions are other text than the windows: the whole model answers them, with the subblocks in their place for so long.
    private TaskScore OnTask(int layer, Subblock? attention, Subblock feedForward)
    {
        var own = _model.Blocks[layer];
        var (ownAttention, ownFeedForward) = (own.Attention, own.FeedForward);
        try
        {
            (own.Attention, own.FeedForward) = (attention ?? ownAttention, feedForward);
            return _tasks!.Score(_model);
        }
        finally
        {
            (own.Attention, own.FeedForward) = (ownAttention, ownFeedForward);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in _inputs_WTD.Concat(_middles_WTD))
            tensor.Dispose();
        _divergence.Dispose();
        _context.Dispose();
    }

    private static long WindowsAtOnce(long tokens) => Math.Max(1, TokensAtOnce / tokens);

    private Tensor Add(Tensor x_WTD, Subblock subblock, int layer) =>
        subblock.Delta(x_WTD, _context, layer) is { } delta ? x_WTD + delta : x_WTD;
}
