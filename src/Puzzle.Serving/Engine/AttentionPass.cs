using System.Runtime.CompilerServices;
using Puzzle.Serving.Kernels;

namespace Puzzle.Serving.Engine;

/// <summary>
/// Attention of one pass: RoPE, writing to the cache, scores, soft-max, sums of values. Work is cut into items (a slot's KV
/// head, and for long chunks 64 queries of it) that the threads take one after the other.
/// </summary>
internal sealed unsafe class AttentionPass : IDisposable
{
    private const int Width = PackedMatrix.Width;
    private const int CounterStride = 32; // a counter a cache line pair

    private readonly CpuModel _model;
    private readonly int _heads;
    private readonly int _headDim;
    private readonly float _scale;
    private readonly NativeBuffer[] _scores;
    private readonly NativeBuffer[] _outputs;
    private readonly NativeBuffer _zeros = NativeBuffer.Zeros(Width);
    private readonly nint _scoresStride;
    private readonly int[] _counters;
    private readonly (int Part, int From)[] _units;
    private int _unitCount;
    private TokenBatch _batch = new(1, 1);
    private int[] _lengths = [];

    public AttentionPass(CpuModel model, int threads, int entries, int maxTokens)
    {
        _model = model;
        (_heads, _headDim) = (model.Config.Heads, model.Config.HeadDim);
        _scale = (float)(1 / Math.Sqrt(_headDim));
        _scoresStride = entries + 16;
        _scores = [.. Enumerable.Range(0, threads).Select(_ => NativeBuffer.Zeros(PackedMatrix.Spare * (long)_scoresStride))];
        _outputs = [.. Enumerable.Range(0, threads).Select(_ => NativeBuffer.Zeros(PackedMatrix.Spare * Width))];
        _counters = new int[(model.Layers.Count + 1) * CounterStride];
        _units = new (int, int)[maxTokens];
    }

    public long Bytes => _scores.Concat(_outputs).Sum(buffer => buffer.Bytes);

    /// <summary>Whether some part has several tokens: then all rows are rotated and written first, and queries are shared out in blocks.</summary>
    public bool NeedsPreparing { get; private set; }

    /// <summary>Before a pass, on one thread.</summary>
    public void Begin(TokenBatch batch, int[] lengths)
    {
        (_batch, _lengths, _unitCount, NeedsPreparing) = (batch, lengths, 0, false);
        for (var part = 0; part < batch.Parts; part++)
        {
            NeedsPreparing |= batch[part].Count > 1;
            for (var from = 0; from < batch[part].Count; from += LayerCache.Together)
                _units[_unitCount++] = (part, from);
        }

        for (var i = 0; i < _counters.Length; i += CounterStride)
            _counters[i] = 0;
    }

    /// <summary>Rotates queries and keys of a thread's share of the rows, and writes keys and values of layers that keep all.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Prepare(LayerCache cache, PackedAttention packed, float* qkv, nint stride, int thread, int members)
    {
        for (var i = 0; i < _batch.Parts; i++)
        {
            var part = _batch[i];
            for (var token = 0; token < part.Count; token++)
            {
                var row = part.Start + token;
                if (row % members != thread)
                    continue;
                var position = _lengths[part.Slot] + token;
                RotateQueries(packed, qkv + row * stride, 0, _heads, position);
                for (var head = 0; head < cache.Spec.KvHeads; head++)
                {
                    RotateKey(packed, qkv + row * stride, head, position);
                    if (!cache.IsRing)
                        Write(cache, qkv + row * stride, part.Slot, head, position);
                }
            }
        }
    }

    /// <summary>Takes items until none is left.</summary>
    public void Run(int layer, LayerCache cache, PackedAttention packed, float* qkv, nint stride, float* heads, nint headsStride, int thread)
    {
        var kvHeads = cache.Spec.KvHeads;
        var whole = cache.IsRing || !NeedsPreparing;
        var items = (whole ? _batch.Parts : _unitCount) * kvHeads;
        ref var counter = ref _counters[layer * CounterStride];
        for (var item = Interlocked.Increment(ref counter) - 1; item < items; item = Interlocked.Increment(ref counter) - 1)
        {
            var head = item % kvHeads;
            var (index, from) = whole ? (item / kvHeads, 0) : _units[item / kvHeads];
            var part = _batch[index];
            var until = whole ? part.Count : Math.Min(part.Count, from + LayerCache.Together);
            for (; from < until; from += LayerCache.Together)
            {
                var count = Math.Min(until - from, LayerCache.Together);
                var position = _lengths[part.Slot] + from;
                var first = qkv + (part.Start + from) * stride;
                if (!NeedsPreparing)
                {
                    RotateQueries(packed, first, head * (_heads / kvHeads), _heads / kvHeads, position);
                    RotateKey(packed, first, head, position);
                    Write(cache, first, part.Slot, head, position);
                }
                else if (cache.IsRing)
                {
                    for (var token = 0; token < count; token++)
                        Write(cache, first + token * stride, part.Slot, head, position + token);
                }

                Attend(cache, part.Slot, head, first, stride, count, position, heads + (part.Start + from) * headsStride, headsStride, thread);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var buffer in _scores.Concat(_outputs).Append(_zeros))
            buffer.Dispose();
    }

    // One token: the heads that share keys are the rows of a product. Several tokens: head by head, the tokens are.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Attend(LayerCache cache, int slot, int kvHead, float* qkv, nint stride, int count, int position, float* heads, nint headsStride, int thread)
    {
        var group = _heads / cache.Spec.KvHeads;
        var firstHead = kvHead * group * _headDim;
        if (count == 1)
        {
            for (var row = 0; row < group;)
            {
                var height = PackedMatrix.TileRows(group - row);
                Tile(cache, slot, kvHead, qkv + firstHead + row * _headDim, _headDim, Math.Min(height, group - row), height, position, 0, heads + firstHead + row * _headDim, _headDim, thread);
                row += height;
            }

            return;
        }

        for (var head = firstHead; head < firstHead + group * _headDim; head += _headDim)
        {
            for (var row = 0; row < count;)
            {
                var height = PackedMatrix.TileRows(count - row);
                Tile(cache, slot, kvHead, qkv + head + row * stride, stride, Math.Min(height, count - row), height, position + row, 1, heads + head + row * headsStride, headsStride, thread);
                row += height;
            }
        }
    }

    // Scores, soft-max and sums of values for a few queries; from row to row the position grows by 'advance'.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Tile(LayerCache cache, int slot, int kvHead, float* queries, nint stride, int rows, int height, int position, int advance, float* to, nint toStride, int thread)
    {
        var scores = _scores[thread].Floats;
        var output = _outputs[thread].Floats;
        var used = Math.Min(position + (rows - 1) * advance + 1, cache.Entries);
        var padded = (used + Width - 1) / Width * Width;
        var keys = (byte*)cache.Keys(slot, kvHead);
        var block = (long)_headDim * Width * sizeof(float);
        for (var entry = 0; entry < padded; entry += Width, keys += block)
            PackedMatrix.Kernel<Float32Panels>(height, queries, stride, keys, _headDim, _zeros.Floats, 0, scores + entry, _scoresStride, keys + block);
        var sums = stackalloc float[PackedMatrix.Spare];
        for (var row = 0; row < rows; row++)
        {
            cache.Hide(scores + row * _scoresStride, padded, position + row * advance);
            sums[row] = VectorMath.ExpSum(scores + row * _scoresStride, padded);
        }

        var values = (byte*)cache.Values(slot, kvHead);
        for (var channel = 0; channel < _headDim; channel += Width)
        {
            PackedMatrix.Kernel<Float32Panels>(height, scores, _scoresStride, values, used, _zeros.Floats, 0, output, Width, values + 4096);
            values += (long)cache.Entries * Width * sizeof(float);
            var width = Math.Min(Width, _headDim - channel);
            for (var row = 0; row < rows; row++)
            {
                var share = 1 / sums[row];
                for (var i = 0; i < width; i++)
                    to[row * toStride + channel + i] = output[row * Width + i] * share;
            }
        }
    }

    private void RotateQueries(PackedAttention packed, float* qkv, int first, int count, int position)
    {
        for (var head = first; head < first + count; head++)
            Rotate(qkv + head * _headDim, packed.QueryNorm, position, _scale);
    }

    private void RotateKey(PackedAttention packed, float* qkv, int head, int position) =>
        Rotate(qkv + (_heads + head) * _headDim, packed.KeyNorm, position, 1);

    private void Rotate(float* head, NativeBuffer? norm, int position, float scale)
    {
        if (norm is not null)
            VectorMath.RmsNorm(head, norm.Floats, head, _headDim, (float)_model.Config.RmsNormEps);
        var half = _headDim / 2;
        VectorMath.Rotate(head, _model.Cosines.Floats + (long)position * half, _model.Sines.Floats + (long)position * half, half, scale);
    }

    private void Write(LayerCache cache, float* qkv, int slot, int head, int position) =>
        cache.Write(slot, head, position, qkv + (_heads + head) * _headDim, qkv + (_heads + cache.Spec.KvHeads + head) * _headDim);
}
