using Puzzle.Core.Variants;
using static TorchSharp.torch;

namespace Puzzle.Core.Models;

// B batch, K kv heads, C capacity, H head_dim

/// <summary>
/// Preallocated keys and values: each layer has its own number of KV heads, layers without attention have none.
/// All rows share one column position; shorter rows are padded and masked.
/// </summary>
public sealed class KvCache : IDisposable
{
    private readonly Tensor?[] _keys_BKCH;
    private readonly Tensor?[] _values_BKCH;

    public KvCache(ModelConfig config, long batch, long capacity, Device? device = null)
    {
        (Batch, Capacity) = (batch, capacity);
        _keys_BKCH = [.. config.Layers.Select(layer => Allocate(layer, config, device))];
        _values_BKCH = [.. config.Layers.Select(layer => Allocate(layer, config, device))];
        Valid_BC = zeros([batch, capacity], ScalarType.Bool, device).DetachFromDisposeScope();
    }

    public long Batch { get; }

    /// <summary>Columns allocated.</summary>
    public long Capacity { get; }

    /// <summary>Columns in use.</summary>
    public long Used { get; internal set; }

    /// <summary>Whether some row has had padding: then masks are needed.</summary>
    internal bool Padded { get; set; }

    internal Tensor Valid_BC { get; }

    /// <summary>Stores new keys and values [B, K, T, H] behind those in use and returns all of them, as views [B, K, Used + T, H].</summary>
    public (Tensor Keys, Tensor Values) Append(int layer, Tensor k_BKTH, Tensor v_BKTH)
    {
        var count = k_BKTH.shape[2];
        var (keys, values) = (_keys_BKCH[layer]!, _values_BKCH[layer]!);
        keys.narrow(2, Used, count).copy_(k_BKTH);
        values.narrow(2, Used, count).copy_(v_BKTH);
        return (keys.narrow(2, 0, Used + count), values.narrow(2, 0, Used + count));
    }

    /// <summary>Forgets all columns from <paramref name="used"/> on.</summary>
    public void Truncate(long used)
    {
        Used = Math.Min(Used, used);
        using var noGrad = no_grad();
        if (Used < Capacity)
            Valid_BC.narrow(1, Used, Capacity - Used).zero_();
    }

    /// <summary>Counts columns as used without filling them: for timing, where only the length matters.</summary>
    internal void Skip(long columns)
    {
        using var noGrad = no_grad();
        for (var layer = 0; layer < _keys_BKCH.Length; layer++)
        {
            _keys_BKCH[layer]?.narrow(2, Used, columns).zero_();
            _values_BKCH[layer]?.narrow(2, Used, columns).zero_();
        }

        Used += columns;
    }

    /// <summary>A cache whose rows are <paramref name="copies"/> copies of this one's single row, with room for more columns.</summary>
    public KvCache Repeat(ModelConfig config, long copies, long capacity)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var repeated = new KvCache(config, copies * Batch, capacity, Valid_BC.device) { Used = Used, Padded = Padded };
        for (var layer = 0; layer < _keys_BKCH.Length; layer++)
        {
            if (_keys_BKCH[layer] is not { } keys)
                continue;
            repeated._keys_BKCH[layer]!.narrow(2, 0, Used).copy_(keys.narrow(2, 0, Used).repeat_interleave(copies, 0));
            repeated._values_BKCH[layer]!.narrow(2, 0, Used).copy_(_values_BKCH[layer]!.narrow(2, 0, Used).repeat_interleave(copies, 0));
        }

        repeated.Valid_BC.narrow(1, 0, Used).copy_(Valid_BC.narrow(1, 0, Used).repeat_interleave(copies, 0));
        return repeated;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in _keys_BKCH.Concat(_values_BKCH).Append(Valid_BC))
            tensor?.Dispose();
    }

    private Tensor? Allocate(LayerSpec layer, ModelConfig config, Device? device) =>
        layer.Attention is GroupedQuerySpec attention
            ? empty([Batch, attention.KvHeads, Capacity, config.HeadDim], ScalarType.Float32, device).DetachFromDisposeScope()
            : null;
}
