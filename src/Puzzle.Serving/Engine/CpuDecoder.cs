using System.Diagnostics;
using Puzzle.Core.Models;
using Puzzle.Core.Variants;
using Puzzle.Serving.Kernels;

namespace Puzzle.Serving.Engine;

/// <summary>
/// Runs a packed model on the processor's own vectors. All threads of a team walk through the layers together, each with its
/// share of every matrix, and meet a few times a layer; nothing is allocated per pass. A pass may hold chunks of prompts and
/// single new tokens side by side: to the matrices they are rows.
/// </summary>
public sealed unsafe class CpuDecoder : IDecoder
{
    private const int PrivateRows = 24;
    private static readonly TimeSpan s_leastLook = TimeSpan.FromMilliseconds(25);

    private readonly CpuModel _model;
    private readonly bool _ownsModel;
    private readonly bool _ownsTeam;
    private readonly ThreadTeam _team;
    private readonly LayerCache?[] _caches;
    private readonly AttentionPass _attention;
    private readonly int[] _lengths;
    private readonly int[] _best;
    private readonly int[] _members = new int[12];
    private readonly Action<int> _work;
    private readonly NativeBuffer _x;
    private readonly NativeBuffer _normal;
    private readonly NativeBuffer _qkv;
    private readonly NativeBuffer _heads;
    private readonly NativeBuffer _activations;
    private readonly NativeBuffer _final;
    private readonly NativeBuffer _logits;
    private readonly NativeBuffer[] _private;
    private readonly NativeBuffer[] _tiles;
    private readonly nint _hiddenStride;
    private readonly nint _qkvStride;
    private readonly nint _headsStride;
    private readonly nint _activationStride;
    private readonly nint _logitsStride;
    private TokenBatch _batch = new(1, 1);

    /// <param name="model">Packed weights.</param>
    /// <param name="slots">Sequences at once.</param>
    /// <param name="capacity">Tokens of each.</param>
    /// <param name="options">Threads and the size of a pass.</param>
    /// <param name="ownsModel">Whether the model goes with the decoder.</param>
    /// <param name="like">Whose threads, and choice of their number, are taken; null: they are its own. Lives longer than this one.</param>
    public CpuDecoder(CpuModel model, int slots, int capacity, EngineOptions? options = null, bool ownsModel = false, CpuDecoder? like = null)
    {
        options ??= new();
        var config = model.Config;
        (_model, Slots, Capacity, _ownsModel) = (model, slots, capacity, ownsModel);
        MaxTokens = Math.Max(Math.Min(options.ChunkTokens, slots * capacity), slots);
        model.GrowRotary(capacity);
        _caches = [.. config.Layers.Select(layer => layer.Attention is GroupedQuerySpec spec ? new LayerCache(spec, config, slots, capacity) : null)];
        (_lengths, _best) = (new int[slots], new int[slots]);
        _hiddenStride = Stride(config.HiddenSize);
        _headsStride = Stride(config.Heads * config.HeadDim);
        _qkvStride = Stride((config.Heads + 2 * config.MaxKvHeadsOrZero()) * config.HeadDim);
        _activationStride = Stride(config.Layers.Select(layer => (layer.FeedForward as SwiGluSpec)?.IntermediateSize ?? 0).DefaultIfEmpty().Max());
        _logitsStride = Stride(config.VocabSize);
        long rows = MaxTokens + PackedMatrix.Spare;
        (_x, _normal) = (NativeBuffer.Zeros(rows * _hiddenStride), NativeBuffer.Zeros(rows * _hiddenStride));
        (_qkv, _heads) = (NativeBuffer.Zeros(rows * _qkvStride), NativeBuffer.Zeros(rows * _headsStride));
        _activations = NativeBuffer.Zeros(rows * _activationStride);
        _final = NativeBuffer.Zeros((slots + PackedMatrix.Spare) * (long)_hiddenStride);
        _logits = NativeBuffer.Zeros((slots + PackedMatrix.Spare) * (long)_logitsStride);
        var threads = options.Threads ?? Environment.ProcessorCount;
        _private = [.. Enumerable.Range(0, threads).Select(_ => NativeBuffer.Zeros((PrivateRows + PackedMatrix.Spare) * (long)_hiddenStride))];
        _tiles = [.. Enumerable.Range(0, threads).Select(_ => NativeBuffer.Zeros(PackedMatrix.Spare * PackedMatrix.Width))];
        _attention = new AttentionPass(model, threads, _caches.Select(cache => cache?.Entries ?? 0).DefaultIfEmpty().Max(), MaxTokens);
        // Decoders that take turns share their threads: those of the last one would still be looking for work while the next one runs.
        (_team, _ownsTeam) = like is null ? (new ThreadTeam(threads), true) : (like._team, false);
        _work = Work;
        Array.Fill(_members, threads);
        if (like is not null)
            like._members.CopyTo(_members, 0);
        else if (threads > 1)
            ChooseMembers();
    }

    /// <inheritdoc/>
    public ModelConfig Config => _model.Config;

    /// <inheritdoc/>
    public int Slots { get; }

    /// <inheritdoc/>
    public int Capacity { get; }

    /// <inheritdoc/>
    public int MaxTokens { get; }

    /// <summary>Threads that passes of so many tokens use: all, or one where meeting costs more than it saves.</summary>
    public int ThreadsFor(int tokens) => _members[Bucket(tokens)];

    /// <inheritdoc/>
    public EngineMemory Memory => new(
        _model.Bytes + _model.Cosines.Bytes + _model.Sines.Bytes,
        _caches.Sum(cache => cache?.Bytes ?? 0),
        new[] { _x, _normal, _qkv, _heads, _activations, _final, _logits }.Concat(_private).Concat(_tiles).Sum(buffer => buffer.Bytes) + _attention.Bytes);

    /// <inheritdoc/>
    public int Length(int slot) => _lengths[slot];

    /// <inheritdoc/>
    public void Truncate(int slot, int length)
    {
        if (length > 0 && length < _lengths[slot] && _caches.Any(cache => cache is { IsRing: true }))
            throw new ArgumentException("a layer with a window has overwritten what stood before; only all tokens can be forgotten");
        _lengths[slot] = Math.Min(length, _lengths[slot]);
    }

    /// <inheritdoc/>
    public void Run(TokenBatch batch)
    {
        for (var i = 0; i < batch.Parts; i++)
        {
            if (_lengths[batch[i].Slot] + batch[i].Count > Capacity)
                throw new ArgumentException($"slot {batch[i].Slot} holds {_lengths[batch[i].Slot]} of {Capacity} tokens; {batch[i].Count} more do not fit");
        }

        _batch = batch;
        _attention.Begin(batch, _lengths);
        _team.Run(_work, _members[Bucket(batch.Tokens)]);
        for (var i = 0; i < batch.Parts; i++)
            _lengths[batch[i].Slot] += batch[i].Count;
    }

    /// <inheritdoc/>
    public Span<float> Logits(int index) => new(_logits.Floats + index * _logitsStride, Config.VocabSize);

    /// <inheritdoc/>
    public int Best(int index) => _best[index];

    /// <summary>Counts a slot's tokens without computing them: for timing, where only the length matters.</summary>
    internal void Pretend(int slot, int length) => _lengths[slot] = length;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_ownsTeam)
            _team.Dispose();
        foreach (var cache in _caches)
            cache?.Dispose();
        foreach (var buffer in new[] { _x, _normal, _qkv, _heads, _activations, _final, _logits }.Concat(_private).Concat(_tiles))
            buffer.Dispose();
        _attention.Dispose();
        if (_ownsModel)
            _model.Dispose();
    }

    private static nint Stride(int count) => (count + PackedMatrix.Width - 1) / PackedMatrix.Width * PackedMatrix.Width + 16;

    private static int Bucket(int tokens) => Math.Min(11, System.Numerics.BitOperations.Log2((uint)Math.Max(1, tokens)));

    // Measured, not guessed: in small models the threads' meetings cost more than half of the work.
    private void ChooseMembers()
    {
        var batch = new TokenBatch(MaxTokens, Slots);
        for (var bucket = 0; bucket < _members.Length && 1 << bucket <= Slots; bucket++)
        {
            batch.Clear();
            for (var slot = 0; slot < 1 << bucket; slot++)
                batch.Add(slot, [0], wantsLogits: true);
            var (alone, together) = Fastest(batch, bucket);
            _members[bucket] = alone < together ? 1 : _team.Size;
            if (alone > 2 * TimeSpan.TicksPerMillisecond)
                break; // with so much work in a pass, all threads are better from here on
        }

        Array.Clear(_lengths);
    }

    // In turns, and for longer than other threads of the process go on spinning after their work (libtorch's do for some
    // milliseconds): a choice made beside them would stand for as long as the engine does.
    private (long Alone, long Together) Fastest(TokenBatch batch, int bucket)
    {
        var (alone, together) = (long.MaxValue, long.MaxValue);
        var began = Stopwatch.GetTimestamp();
        for (var round = 0; round < 6 || Stopwatch.GetElapsedTime(began) < s_leastLook; round++)
        {
            alone = Math.Min(alone, Once(batch, bucket, 1));
            together = Math.Min(together, Once(batch, bucket, _team.Size));
        }

        return (alone, together);
    }

    private long Once(TokenBatch batch, int bucket, int members)
    {
        _members[bucket] = members;
        Array.Clear(_lengths);
        var start = Stopwatch.GetTimestamp();
        Run(batch);
        return Stopwatch.GetElapsedTime(start).Ticks;
    }

    private void Work(int thread)
    {
        var members = ThreadsFor(_batch.Tokens);
        for (var row = thread; row < _batch.Tokens; row += members)
            _model.Embed(_batch.Ids[row], _x.Floats + row * _hiddenStride);
        _team.Meet();
        for (var layer = 0; layer < _model.Layers.Count; layer++)
        {
            Attention(thread, members, layer);
            FeedForward(thread, members, layer);
        }

        if (_batch.Wanted > 0)
            Head(thread, members);
    }

    private void Attention(int thread, int members, int layer)
    {
        var packed = _model.Layers[layer].Attention;
        if (packed.Input is null)
            return;
        var rows = _batch.Tokens;
        var normal = Normalise(thread, members, packed.Norm!);
        if (packed.Output is null)
        {
            AddLinear(packed.Input, normal, thread, members);
            return;
        }

        Multiply(packed.Input, normal, _hiddenStride, rows, _qkv.Floats, _qkvStride, ProductUse.Write, thread, members);
        _team.Meet();
        var cache = _caches[layer]!;
        if (_attention.NeedsPreparing)
        {
            _attention.Prepare(cache, packed, _qkv.Floats, _qkvStride, thread, members);
            _team.Meet();
        }

        _attention.Run(layer, cache, packed, _qkv.Floats, _qkvStride, _heads.Floats, _headsStride, thread);
        _team.Meet();
        Multiply(packed.Output, _heads.Floats, _headsStride, rows, _x.Floats, _hiddenStride, ProductUse.Add, thread, members);
        _team.Meet();
    }

    private void FeedForward(int thread, int members, int layer)
    {
        var packed = _model.Layers[layer].FeedForward;
        if (packed.Input is null)
            return;
        var rows = _batch.Tokens;
        var normal = Normalise(thread, members, packed.Norm!);
        if (packed.Output is null)
        {
            AddLinear(packed.Input, normal, thread, members);
            return;
        }

        Multiply(packed.Input, normal, _hiddenStride, rows, _activations.Floats, _activationStride, ProductUse.Write, thread, members);
        _team.Meet();
        Multiply(packed.Output, _activations.Floats, _activationStride, rows, _x.Floats, _hiddenStride, ProductUse.Add, thread, members);
        _team.Meet();
    }

    // One matrix in the place of the subblock.
    private void AddLinear(PackedMatrix matrix, float* normal, int thread, int members)
    {
        _team.Meet(); // nobody may still be reading x for its own norm
        Multiply(matrix, normal, _hiddenStride, _batch.Tokens, _x.Floats, _hiddenStride, ProductUse.Add, thread, members);
        _team.Meet();
    }

    private void Head(int thread, int members)
    {
        for (var i = thread; i < _batch.Parts; i += members)
        {
            var part = _batch[i];
            if (part.Logits >= 0)
                VectorMath.RmsNorm(_x.Floats + (part.Start + part.Count - 1) * _hiddenStride, _model.FinalNorm.Floats, _final.Floats + part.Logits * _hiddenStride, Config.HiddenSize, (float)Config.RmsNormEps);
        }

        _team.Meet();
        Multiply(_model.Head, _final.Floats, _hiddenStride, _batch.Wanted, _logits.Floats, _logitsStride, ProductUse.Write, thread, members);
        _team.Meet();
        for (var i = thread; i < _batch.Wanted; i += members)
            _best[i] = VectorMath.IndexOfLargest(_logits.Floats + i * _logitsStride, Config.VocabSize);
    }

    // A few rows are normalised by every thread for itself: cheaper than to meet.
    private float* Normalise(int thread, int members, NativeBuffer weight)
    {
        var alone = _batch.Tokens <= PrivateRows;
        var to = alone ? _private[thread].Floats : _normal.Floats;
        for (var row = alone ? 0 : thread; row < _batch.Tokens; row += alone ? 1 : members)
            VectorMath.RmsNorm(_x.Floats + row * _hiddenStride, weight.Floats, to + row * _hiddenStride, Config.HiddenSize, (float)Config.RmsNormEps);
        if (!alone)
            _team.Meet();
        return to;
    }

    private void Multiply(PackedMatrix matrix, float* x, nint xStride, int rows, float* y, nint yStride, ProductUse use, int thread, int members) =>
        matrix.Multiply(x, xStride, rows, y, yStride, use, matrix.Panels * thread / members, matrix.Panels * (thread + 1) / members, _tiles[thread].Floats);
}
