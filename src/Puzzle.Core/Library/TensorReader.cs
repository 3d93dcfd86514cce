using Puzzle.Core.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Core.Library;

/// <summary>Gives tensors that live in memory to the writers of files.</summary>
public static class TensorReader
{
    /// <summary>Reads named tensors, on whatever device, as float32.</summary>
    public static ReadTensor Of(IEnumerable<KeyValuePair<string, Tensor>> named)
    {
        var tensors = named.ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);
        return (name, destination) => Copy(tensors[name], destination);
    }

    /// <summary>Name, type and shape of named tensors, all stored as float32.</summary>
    public static IReadOnlyList<TensorInfo> Infos(IEnumerable<KeyValuePair<string, Tensor>> named) =>
        [.. named.Select(pair => new TensorInfo(pair.Key, StoredType.F32, pair.Value.shape))];

    /// <summary>Copies a tensor, row-major.</summary>
    public static void Copy(Tensor tensor, Span<float> destination)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var plain = tensor.detach().cpu().to(ScalarType.Float32).contiguous();
        var bytes = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(plain.bytes);
        bytes[..destination.Length].CopyTo(destination);
        // The span does not keep the memory it points to.
        GC.KeepAlive(plain);
        GC.KeepAlive(tensor);
    }
}
