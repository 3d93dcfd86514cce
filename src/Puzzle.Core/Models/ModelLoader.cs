using System.Runtime.InteropServices;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Errors;
using Puzzle.Core.Variants;
using static TorchSharp.torch;

namespace Puzzle.Core.Models;

/// <summary>Builds a <see cref="Transformer"/> from a checkpoint, tensor by tensor: peak memory is the model in float32 plus one tensor.</summary>
public static class ModelLoader
{
    /// <exception cref="BadInputException">A tensor is missing or of another shape than the architecture demands.</exception>
    public static Transformer Load(ICheckpoint checkpoint, Device? device = null)
    {
        var config = checkpoint.Config;
        var embedding = Read(checkpoint, device, "", ["model.embed_tokens.weight"], [config.VocabSize], config.HiddenSize);
        var tied = config.TieWordEmbeddings || !checkpoint.Has("lm_head.weight");
        var head = tied ? embedding : Read(checkpoint, device, "", ["lm_head.weight"], [config.VocabSize], config.HiddenSize);
        var norm = Read(checkpoint, device, "", ["model.norm.weight"], [config.HiddenSize], null);
        var blocks = new List<Block>();
        for (var layer = 0; layer < config.Layers.Count; layer++)
        {
            var prefix = $"model.layers.{layer}.";
            WeightReader reader = (names, rows, columns) => Read(checkpoint, device, prefix, names, rows, columns);
            var spec = config.Layers[layer];
            blocks.Add(new Block(
                VariantCatalogue.Of(spec.Attention).Read(spec.Attention, config, reader),
                VariantCatalogue.Of(spec.FeedForward).Read(spec.FeedForward, config, reader)));
        }

        return new Transformer(config with { TieWordEmbeddings = tied }, embedding, norm, head, blocks);
    }

    private static Tensor Read(ICheckpoint checkpoint, Device? device, string prefix, IReadOnlyList<string> names, IReadOnlyList<long> rows, long? columns)
    {
        var stacked = empty(columns is { } width ? [rows.Sum(), width] : [rows.Sum()], ScalarType.Float32).DetachFromDisposeScope();
        var bytes = stacked.bytes;
        var at = 0;
        for (var i = 0; i < names.Count; i++)
        {
            var name = prefix + names[i];
            var count = checked((int)(rows[i] * (columns ?? 1)));
            if (checkpoint.Tensors.TryGetValue(name, out var info) && !info.Shape.SequenceEqual(columns is { } c ? [rows[i], c] : [rows[i]]))
                throw new BadInputException($"{checkpoint.Path}: {name} has shape [{string.Join(", ", info.Shape)}]; the architecture demands [{rows[i]}{(columns is { } d ? $", {d}" : "")}]");
            checkpoint.Read(name, MemoryMarshal.Cast<byte, float>(bytes.Slice(at * sizeof(float), count * sizeof(float))));
            at += count;
        }

        if (device is null || device.type == TorchSharp.DeviceType.CPU)
            return stacked;
        using (stacked)
            return stacked.to(device).DetachFromDisposeScope();
    }
}
