using Puzzle.Core.Checkpoints;
using Puzzle.Core.Errors;
using Puzzle.Core.Models;
using Puzzle.Core.Variants;
using Puzzle.Serving.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Serving.Engine;

/// <summary>
/// A model's weights packed for the processor, matrix by matrix as they are read: there is never a second copy of more than
/// one matrix. A tied embedding is read out of the packed head.
/// </summary>
public sealed unsafe class CpuModel : IDisposable
{
    private CpuModel(ModelConfig config, PackedMatrix head, NativeBuffer? embedding, NativeBuffer finalNorm, IReadOnlyList<(PackedAttention, PackedFeedForward)> layers, WeightType type)
    {
        (Config, Head, _embedding, FinalNorm, Layers, Type) = (config, head, embedding, finalNorm, layers, type);
        Cosines = NativeBuffer.Zeros(0);
        Sines = NativeBuffer.Zeros(0);
    }

    private readonly NativeBuffer? _embedding;

    public ModelConfig Config { get; }

    /// <summary>How weight matrices are kept.</summary>
    public WeightType Type { get; }

    /// <summary>Bytes of all weights as packed.</summary>
    public long Bytes => Head.Bytes + (_embedding?.Bytes ?? 0) + FinalNorm.Bytes + Layers.Sum(layer => layer.Attention.Bytes + layer.FeedForward.Bytes);

    internal PackedMatrix Head { get; }

    internal NativeBuffer FinalNorm { get; }

    internal IReadOnlyList<(PackedAttention Attention, PackedFeedForward FeedForward)> Layers { get; }

    /// <summary>RoPE: [position, head_dim / 2].</summary>
    internal NativeBuffer Cosines { get; private set; }

    /// <summary>RoPE: [position, head_dim / 2].</summary>
    internal NativeBuffer Sines { get; private set; }

    /// <summary>Packs a model that lies on disk.</summary>
    /// <exception cref="BadInputException">A tensor is missing or of another shape than the architecture demands.</exception>
    public static CpuModel Load(ICheckpoint checkpoint, WeightType type = WeightType.F32)
    {
        var tied = checkpoint.Config.TieWordEmbeddings || !checkpoint.Has(WeightLayout.Head);
        return Pack(checkpoint.Config with { TieWordEmbeddings = tied }, (name, values) =>
        {
            if (checkpoint.Tensors.TryGetValue(name, out var info) && info.Count != values.Length)
                throw new BadInputException($"{checkpoint.Path}: {name} has shape [{string.Join(", ", info.Shape)}]; the architecture demands {values.Length} numbers");
            checkpoint.Read(name, values);
        }, type);
    }

    /// <summary>Packs a copy of a model that is in memory.</summary>
    public static CpuModel Of(Transformer model, WeightType type = WeightType.F32)
    {
        var config = model.Config with { TieWordEmbeddings = ReferenceEquals(model.Head, model.Embedding) };
        var named = model.Named().ToDictionary();
        return Pack(config, (name, values) =>
        {
            using var scope = NewDisposeScope();
            var tensor = named[name].detach().to(ScalarType.Float32).cpu().contiguous();
            System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(tensor.bytes).CopyTo(values);
        }, type);
    }

    /// <summary>Packs weights from wherever they come.</summary>
    /// <param name="config">The architecture; its <see cref="ModelConfig.TieWordEmbeddings"/> decides whether a head is read.</param>
    /// <param name="read">Gives tensors under the names of <see cref="WeightLayout"/>.</param>
    /// <param name="type">How matrices are kept.</param>
    public static CpuModel Pack(ModelConfig config, ReadTensor read, WeightType type = WeightType.F32)
    {
        var reader = new PackedReader(config, read, type);
        var layers = Enumerable.Range(0, config.Layers.Count).Select(layer => (reader.Attention(layer), reader.FeedForward(layer))).ToList();
        var tied = config.TieWordEmbeddings;
        var embedding = reader.Values(WeightLayout.Embedding, (long)config.VocabSize * config.HiddenSize);
        var head = new PackedMatrix(tied ? embedding : reader.Values(WeightLayout.Head, embedding.LongLength), config.HiddenSize, default, type == WeightType.Q4_0 ? WeightType.Q8_0 : type);
        return new CpuModel(config, head, tied ? null : NativeBuffer.Of(embedding), reader.Vector(WeightLayout.FinalNorm, config.HiddenSize), layers, type);
    }

    /// <summary>A model of the first layers of this one. It shares all weights: of it only <see cref="DisposeTables"/> is called.</summary>
    internal CpuModel Prefix(int layers) =>
        new(Config with { Layers = [.. Config.Layers.Take(layers)] }, Head, _embedding, FinalNorm, [.. Layers.Take(layers)], Type);

    /// <summary>A model of some layers between this one's embedding and head. It shares all weights: of it only <see cref="DisposeTables"/> is called.</summary>
    internal CpuModel With(ModelConfig config, IReadOnlyList<(PackedAttention, PackedFeedForward)> layers) =>
        new(config, Head, _embedding, FinalNorm, layers, Type);

    /// <summary>Writes a token's embedding.</summary>
    internal void Embed(int id, float* to)
    {
        if (_embedding is null)
            Head.CopyRow(id, to);
        else
            new ReadOnlySpan<float>(_embedding.Floats + (long)id * Config.HiddenSize, Config.HiddenSize).CopyTo(new Span<float>(to, Config.HiddenSize));
    }

    /// <summary>Makes RoPE's table reach so many positions.</summary>
    internal void GrowRotary(int positions)
    {
        var half = Config.HeadDim / 2;
        if (Cosines.Bytes >= (long)positions * half * sizeof(float))
            return;
        Cosines.Dispose();
        Sines.Dispose();
        (Cosines, Sines) = (NativeBuffer.Zeros((long)positions * half), NativeBuffer.Zeros((long)positions * half));
        var frequencies = RotaryTable.Frequencies(Config);
        for (var position = 0; position < positions; position++)
        {
            for (var i = 0; i < half; i++)
            {
                Cosines.Floats[(long)position * half + i] = (float)Math.Cos(position * frequencies[i]);
                Sines.Floats[(long)position * half + i] = (float)Math.Sin(position * frequencies[i]);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (attention, feedForward) in Layers)
        {
            attention.Dispose();
            feedForward.Dispose();
        }

        Head.Dispose();
        _embedding?.Dispose();
        FinalNorm.Dispose();
        DisposeTables();
    }

    /// <summary>What a model that shares another's weights has of its own.</summary>
    internal void DisposeTables()
    {
        Cosines.Dispose();
        Sines.Dispose();
    }
}
