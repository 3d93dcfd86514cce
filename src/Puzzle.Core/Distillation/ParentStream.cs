using Puzzle.Core.Models;
using static TorchSharp.torch;

namespace Puzzle.Core.Distillation;

// W windows, T tokens, D hidden

/// <summary>
/// The parent's residual stream over any number of windows, layer after layer, a batch at a time: every layer is computed once, on
/// the way of the batch to those who learn from it, and its output is the next layer's input. Between layers it lies in
/// memory, or on disk where memory is short; from disk a later process goes on at the layer where this one stopped.
/// </summary>
public sealed class ParentStream : IDisposable
{
    private readonly Transformer _parent;
    private readonly Tensor? _counts_WT;
    private readonly string? _folder;
    private readonly ForwardContext _context;
    private ActivationStore _input;
    private ActivationStore? _output;

    /// <param name="parent">Its weights are used, not kept.</param>
    /// <param name="ids_WT">Token ids [W, T].</param>
    /// <param name="counts_WT">1 for a token, 0 for padding; null: no padding. Not disposed.</param>
    /// <param name="folder">Where the stream lies between layers; null: in memory. One stream a folder.</param>
    /// <param name="from">The first layer that is wanted; earlier ones are computed only where the disk does not know their output.</param>
    public ParentStream(Transformer parent, Tensor ids_WT, Tensor? counts_WT = null, string? folder = null, int from = 0)
    {
        (_parent, _counts_WT, _folder) = (parent, counts_WT, folder);
        (Windows, Length) = (ids_WT.shape[0], ids_WT.shape[1]);
        _context = parent.Begin(1, Length);
        for (Layer = folder is null ? 0 : from; Layer > 0 && !File.Exists(PathOf(Layer)); Layer--)
        {
        }

        _input = Store(PathOf(Layer));
        if (Layer == 0)
        {
            foreach (var (first, count) in Batches(0, Windows, 64))
            {
                using var scope = NewDisposeScope();
                using var noGrad = no_grad();
                _input.Write(first, parent.Embed(ids_WT.narrow(0, first, count)));
            }
        }

        _output = NextStore();
    }

    /// <summary>Windows in all.</summary>
    public long Windows { get; }

    /// <summary>Tokens a window.</summary>
    public long Length { get; }

    /// <summary>The layer that is being read.</summary>
    public int Layer { get; private set; }

    internal ForwardContext Context => _context;

    /// <summary>Bytes that a stream of so many tokens takes between layers.</summary>
    public static long Bytes(Transformer parent, long tokens) => 2 * tokens * parent.FinalNorm.shape[0] * sizeof(float);

    /// <summary>Goes on to the next layer, all windows of this one having been taken; false after the last.</summary>
    public bool Advance()
    {
        if (_output is null)
            return false;
        Layer++;
        if (_folder is not null)
        {
            _output.Dispose();
            File.Move(PathOf(Layer) + ".part", PathOf(Layer)!, overwrite: true);
            _output = Store(PathOf(Layer));
        }

        _input.Remove();
        _input = _output;
        _output = NextStore();
        return true;
    }

    /// <summary>Takes all windows through the layer, for its output alone.</summary>
    public void Pass(CancellationToken cancellation = default)
    {
        foreach (var (first, count) in Batches(0, Windows, 8))
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            Take(first, count);
        }
    }

    /// <summary>Some windows around the layer: computed here, and kept for the next layer.</summary>
    internal LayerBatch Take(long first, long count)
    {
        using var noGrad = no_grad();
        var block = _parent.Blocks[Layer];
        var input_BTD = _input.Read(first, count).to(_parent.Device);
        var (middle_BTD, output_BTD) = (empty_like(input_BTD), empty_like(input_BTD));
        foreach (var (at, some) in Batches(0, count, 8))
        {
            using var scope = NewDisposeScope();
            var middle = block.AfterAttention(input_BTD.narrow(0, at, some), _context, Layer);
            middle_BTD.narrow(0, at, some).copy_(middle);
            output_BTD.narrow(0, at, some).copy_(block.FeedForward.Delta(middle, _context, Layer) is { } delta ? middle + delta : middle);
        }

        _output?.Write(first, output_BTD);
        return new LayerBatch(input_BTD, middle_BTD, output_BTD, _counts_WT?.narrow(0, first, count));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _input.Dispose();
        _output?.Dispose();
        _context.Dispose();
    }

    private static IEnumerable<(long First, long Count)> Batches(long first, long end, long size)
    {
        for (var at = first; at < end; at += size)
            yield return (at, Math.Min(size, end - at));
    }

    private string? PathOf(int layer) => _folder is null ? null : Path.Combine(_folder, $"before-layer-{layer:00}.f32");

    private ActivationStore Store(string? path) =>
        path is null ? ActivationStore.InMemory(Windows, Length, _parent.FinalNorm.shape[0]) : ActivationStore.OnDisk(path, Length, _parent.FinalNorm.shape[0]);

    private ActivationStore? NextStore() => Layer + 1 == _parent.Blocks.Count ? null : Store(PathOf(Layer + 1) is { } path ? path + ".part" : null);
}
