using System.Runtime.InteropServices;
using Puzzle.Core.Checkpoints;
using Puzzle.Core.Errors;
using Puzzle.Core.Models;
using Puzzle.Core.Variants;
using static TorchSharp.torch;

namespace Puzzle.Core.Library;

/// <summary>
/// The variants of one layer in one safetensors file: tensors are named <c>SPEC/NAME</c>, NAME being the Hugging Face name
/// relative to the layer, for example <c>gqa_2/self_attn.q_proj.weight</c>.
/// </summary>
public static class LayerFile
{
    /// <summary>Writes variants of a layer; the file appears whole or not at all.</summary>
    public static void Write(string path, IReadOnlyList<Subblock> variants)
    {
        var named = variants.SelectMany(variant => variant.Named().Select(pair => new KeyValuePair<string, Tensor>($"{variant.Spec.Id}/{pair.Key}", pair.Value))).ToArray();
        SafetensorsWriter.WriteFile(path, TensorReader.Infos(named), TensorReader.Of(named));
    }

    /// <summary>Reads one variant, with weights of its own.</summary>
    /// <exception cref="BadInputException">The file lacks it, or a tensor has another shape.</exception>
    public static Subblock Read(SafetensorsFile file, SubblockSpec spec, ModelConfig config, Device? device = null)
    {
        return VariantCatalogue.Of(spec).Read(spec, config, Stacked);

        Tensor Stacked(IReadOnlyList<string> names, IReadOnlyList<long> rows, long? columns)
        {
            var stacked = empty(columns is { } width ? [rows.Sum(), width] : [rows.Sum()], ScalarType.Float32).DetachFromDisposeScope();
            var values = MemoryMarshal.Cast<byte, float>(stacked.bytes);
            var at = 0;
            for (var i = 0; i < names.Count; i++)
            {
                var count = checked((int)(rows[i] * (columns ?? 1)));
                file.Read($"{spec.Id}/{names[i]}", values.Slice(at, count));
                at += count;
            }

            if (device is null || device.type == TorchSharp.DeviceType.CPU)
                return stacked;
            using (stacked)
                return stacked.to(device).DetachFromDisposeScope();
        }
    }
}
