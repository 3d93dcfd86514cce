using Puzzle.Core.Models;
using Puzzle.Core.Recipes;
using Puzzle.Core.Scoring;
using Puzzle.Core.Variants;
using static TorchSharp.torch;

namespace Puzzle.Core.Search.Rounds;

// W windows, T tokens a window

/// <summary>Puts solutions together from a library, without training, and measures what they really are worth.</summary>
public sealed class Realiser : IDisposable
{
    private readonly Transformer _parent;
    private readonly Func<int, SubblockSpec, Subblock> _read;
    private readonly Func<int, LayerSpec, SubblockSpec, Subblock> _readIn;
    private readonly Tensor _ids_WT;
    private readonly long _afterLast;
    private readonly Divergence _divergence;
    private readonly ITaskScorer? _tasks;

    /// <param name="parent">The parent.</param>
    /// <param name="read">Reads a subblock of the library.</param>
    /// <param name="ids_WT">The windows that scores are computed on; a copy is kept.</param>
    /// <param name="afterLast">The token behind the last window, or -1.</param>
    /// <param name="tasks">Scores children by a task as well.</param>
    /// <param name="readIn">Reads it as it is in a block, where that is something else.</param>
    public Realiser(Transformer parent, Func<int, SubblockSpec, Subblock> read, Tensor ids_WT, long afterLast, ITaskScorer? tasks = null, Func<int, LayerSpec, SubblockSpec, Subblock>? readIn = null)
    {
        (_parent, _read, _afterLast, _tasks, _readIn) = (parent, read, afterLast, tasks, readIn ?? ((layer, _, spec) => read(layer, spec)));
        _ids_WT = ids_WT.clone().DetachFromDisposeScope();
        using var hidden_WTD = ReplaceOneBlock.Final(parent, _ids_WT);
        _divergence = new Divergence(parent, _ids_WT, hidden_WTD, afterLast);
    }

    /// <summary>The child of a solution.</summary>
    public RealisedChild Realise(IReadOnlyList<LayerSpec> layers) => new(_parent, layers, (layer, spec) => _readIn(layer, layers[layer], spec));

    /// <summary>A child against the parent.</summary>
    public Comparison Measure(RealisedChild child)
    {
        using var hidden_WTD = ReplaceOneBlock.Final(child.Model, _ids_WT);
        return _divergence.Compare(hidden_WTD, child.Model) with { Task = _tasks?.Score(child.Model) };
    }

    /// <summary>Scores of subblocks in the place of a child's own, all others the child's, against the parent.</summary>
    public ReplaceOneBlock Around(Transformer child) => new(child, _ids_WT, _afterLast, _parent, _tasks);

    /// <summary>Reads a subblock of the library, or lends the parent's own.</summary>
    public (Subblock Subblock, bool Owned) Subblock(int layer, SubblockSpec spec) =>
        _parent.Blocks[layer][spec.Subblock] is var own && own.Spec == spec ? (own, false) : (_read(layer, spec), true);

    /// <summary>What a metric makes of a comparison; less is better.</summary>
    public static double Value(Comparison comparison, ScoreMetric metric) => metric switch
    {
        ScoreMetric.LmLoss => comparison.LmLoss,
        ScoreMetric.Top1 => 1 - comparison.TopOneAgreement,
        ScoreMetric.Task => comparison.Task!.Value,
        _ => comparison.Kl,
    };

    /// <summary>Its standard error.</summary>
    public static double Error(Comparison comparison, ScoreMetric metric) => metric switch
    {
        ScoreMetric.LmLoss => comparison.LmLossError,
        ScoreMetric.Top1 => comparison.TopOneError,
        ScoreMetric.Task => comparison.Task!.Error,
        _ => comparison.KlError,
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        _ids_WT.Dispose();
        _divergence.Dispose();
    }
}
