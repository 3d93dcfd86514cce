using System.Runtime.CompilerServices;
using Puzzle.Core.Models;
using Puzzle.Core.Variants;
using Puzzle.Serving.Kernels;

namespace Puzzle.Serving.Engine;

/// <summary>
/// Keys and values of one layer for all slots, laid out so that the kernels of matrix products read them as panels: keys in
/// blocks of 32 entries, values in blocks of 32 channels. A layer with a window keeps a ring: its sinks, the window, and the
/// tokens that are written at once.
/// </summary>
internal sealed unsafe class LayerCache : IDisposable
{
    /// <summary>Queries that one thread handles between two writes; a ring has room for so many beyond its window.</summary>
    public const int Together = 64;

    private const int Width = PackedMatrix.Width;

    private readonly NativeBuffer _keys;
    private readonly NativeBuffer _values;
    private readonly int _headDim;
    private readonly int _blocks;

    public LayerCache(GroupedQuerySpec spec, ModelConfig config, int slots, int capacity)
    {
        (Spec, _headDim) = (spec, config.HeadDim);
        var ring = spec.Window is { } window ? (long)window + spec.Sinks + Together : long.MaxValue;
        Entries = (int)(Math.Min(ring, capacity) + Width - 1) / Width * Width;
        IsRing = ring < capacity;
        _blocks = (_headDim + Width - 1) / Width;
        _keys = NativeBuffer.Zeros((long)slots * spec.KvHeads * Entries * _headDim);
        _values = NativeBuffer.Zeros((long)slots * spec.KvHeads * Entries * _blocks * Width);
    }

    public GroupedQuerySpec Spec { get; }

    /// <summary>Entries of a slot.</summary>
    public int Entries { get; }

    /// <summary>Whether entries are used again: positions and entries differ.</summary>
    public bool IsRing { get; }

    public long Bytes => _keys.Bytes + _values.Bytes;

    /// <summary>Blocks of 32 channels in a head.</summary>
    public int ValueBlocks => _blocks;

    /// <summary>Where a position is kept.</summary>
    public int Entry(int position) => !IsRing || position < Spec.Sinks ? position : Spec.Sinks + (position - Spec.Sinks) % (Entries - Spec.Sinks);

    /// <summary>Keys of a slot's head: [entry / 32, head_dim, 32].</summary>
    public float* Keys(int slot, int head) => _keys.Floats + ((long)slot * Spec.KvHeads + head) * Entries * _headDim;

    /// <summary>Values of a slot's head: [head_dim / 32, entry, 32].</summary>
    public float* Values(int slot, int head) => _values.Floats + ((long)slot * Spec.KvHeads + head) * Entries * _blocks * Width;

    /// <summary>Stores the key and value of one position.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Write(int slot, int head, int position, float* key, float* value)
    {
        var entry = Entry(position);
        var keys = Keys(slot, head) + (long)(entry / Width) * _headDim * Width + entry % Width;
        for (var i = 0; i < _headDim; i++)
            keys[i * Width] = key[i];
        var values = Values(slot, head) + (long)entry * Width;
        for (var i = 0; i < _headDim; i++)
            values[(long)(i / Width) * Entries * Width + i % Width] = value[i];
    }

    /// <summary>Hides from a query the scores of all entries that it may not see.</summary>
    /// <param name="scores">One an entry.</param>
    /// <param name="count">Entries that hold something, rounded up to whole blocks.</param>
    /// <param name="position">The query's.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Hide(float* scores, int count, int position)
    {
        var row = new Span<float>(scores, count);
        if (Spec.Window is not { } window || position < window || position < Spec.Sinks)
        {
            // A ring that has not turned yet holds positions in order; one that has turned cannot hold so early a query.
            row[Math.Min(count, Entry(position) + 1)..].Fill(float.NegativeInfinity);
            return;
        }

        var sinks = Math.Min(Spec.Sinks, count);
        var (first, last) = (Entry(Math.Max(Spec.Sinks, position - window + 1)), Entry(position));
        if (first <= last)
        {
            row[sinks..first].Fill(float.NegativeInfinity);
            row[(last + 1)..].Fill(float.NegativeInfinity);
        }
        else
        {
            row[(last + 1)..first].Fill(float.NegativeInfinity);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _keys.Dispose();
        _values.Dispose();
    }
}
