using Puzzle.Core.Models;
using Puzzle.Serving.Kernels;
using static TorchSharp.torch;

namespace Puzzle.Serving.Engine;

/// <summary>
/// Runs a model in libtorch operations, wherever its tensors live: what accelerators take in the place of <see cref="CpuDecoder"/>.
/// Sequences are computed one after the other.
/// </summary>
public sealed class TorchDecoder : IDecoder
{
    private readonly Transformer _model;
    private readonly KvCache[] _caches;
    private readonly float[][] _logits;

    /// <param name="model">Goes with the decoder.</param>
    /// <param name="slots">Sequences at once.</param>
    /// <param name="capacity">Tokens of each.</param>
    /// <param name="chunkTokens">The most tokens of one pass.</param>
    public TorchDecoder(Transformer model, int slots, int capacity, int chunkTokens = 512)
    {
        (_model, Config, Capacity) = (model, model.Config, capacity);
        MaxTokens = Math.Max(Math.Min(chunkTokens, slots * capacity), slots);
        _caches = [.. Enumerable.Range(0, slots).Select(_ => new KvCache(Config, 1, capacity, model.Device))];
        _logits = [.. Enumerable.Range(0, slots).Select(_ => new float[Config.VocabSize])];
    }

    /// <inheritdoc/>
    public ModelConfig Config { get; }

    /// <inheritdoc/>
    public int Slots => _caches.Length;

    /// <inheritdoc/>
    public int Capacity { get; }

    /// <inheritdoc/>
    public int MaxTokens { get; }

    /// <inheritdoc/>
    public EngineMemory Memory => new(
        _model.ParameterCount * sizeof(float),
        Slots * (long)Capacity * sizeof(float) * Config.Layers.Sum(layer => layer.Attention is Core.Variants.GroupedQuerySpec spec ? 2L * spec.KvHeads * Config.HeadDim : 0),
        Slots * (long)Config.VocabSize * sizeof(float));

    /// <inheritdoc/>
    public int Length(int slot) => (int)_caches[slot].Used;

    /// <inheritdoc/>
    public void Truncate(int slot, int length) => _caches[slot].Truncate(length);

    /// <inheritdoc/>
    public void Run(TokenBatch batch)
    {
        using var noGrad = no_grad();
        for (var i = 0; i < batch.Parts; i++)
        {
            using var scope = NewDisposeScope();
            var part = batch[i];
            var ids = new long[part.Count];
            for (var token = 0; token < ids.Length; token++)
                ids[token] = batch.Ids[part.Start + token];
            var hidden_BTD = _model.Hidden(tensor(ids, [1, ids.Length], device: _model.Device), cache: _caches[part.Slot]);
            if (part.Logits >= 0)
                _model.Logits(hidden_BTD.narrow(1, ids.Length - 1, 1)).flatten().cpu().data<float>().CopyTo(_logits[part.Logits]);
        }
    }

    /// <inheritdoc/>
    public Span<float> Logits(int index) => _logits[index];

    /// <inheritdoc/>
    public int Best(int index) => VectorMath.IndexOfLargest(_logits[index]);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var cache in _caches)
            cache.Dispose();
        _model.Dispose();
    }
}
