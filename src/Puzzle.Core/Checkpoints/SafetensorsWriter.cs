using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Checkpoints;

/// <summary>
/// Writes safetensors, tensor by tensor: memory holds the largest tensor once, and a chunk. Files appear whole or not at
/// all (temporary file, then rename).
/// </summary>
public static class SafetensorsWriter
{
    private const int ChunkValues = 1 << 15;

    // Without the entry "format", transformers refuses the file.
    private static readonly Dictionary<string, string> PyTorch = new() { ["format"] = "pt" };

    /// <summary>Writes one file.</summary>
    /// <param name="path">Replaced if it exists.</param>
    /// <param name="tensors">Name, type (F32, F16 or BF16) and shape of each tensor, in the order of the file.</param>
    /// <param name="read">Gives the values; called once a tensor.</param>
    /// <param name="metadata">Entries of <c>__metadata__</c> besides <c>format</c>.</param>
    /// <exception cref="BadInputException">A value is NaN or infinite, or does not fit F16.</exception>
    public static void WriteFile(string path, IReadOnlyList<TensorInfo> tensors, ReadTensor read, IReadOnlyDictionary<string, string>? metadata = null)
    {
        WholeFile.Write(path, file => Write(file, path, tensors, read, metadata));
    }

    /// <summary>
    /// Writes <c>model.safetensors</c>, or, where that would exceed <paramref name="maxShardBytes"/>, shards and
    /// <c>model.safetensors.index.json</c>.
    /// </summary>
    /// <returns>The names of the files that were written.</returns>
    /// <exception cref="BadInputException">A value is NaN or infinite, or does not fit F16.</exception>
    public static IReadOnlyList<string> WriteModel(
        string folder, IReadOnlyList<TensorInfo> tensors, ReadTensor read, long maxShardBytes = 5_000_000_000)
    {
        Directory.CreateDirectory(folder);
        var shards = Split(tensors, maxShardBytes);
        if (shards.Count == 1)
        {
            WriteFile(Path.Combine(folder, "model.safetensors"), tensors, read);
            return ["model.safetensors"];
        }

        List<string> names = [];
        SortedDictionary<string, string> map = new(StringComparer.Ordinal);
        for (var i = 0; i < shards.Count; i++)
        {
            var name = $"model-{i + 1:D5}-of-{shards.Count:D5}.safetensors";
            WriteFile(Path.Combine(folder, name), shards[i], read);
            names.Add(name);
            foreach (var tensor in shards[i])
                map.Add(tensor.Name, name);
        }

        var index = new { metadata = new { total_size = tensors.Sum(Bytes) }, weight_map = map };
        var json = JsonSerializer.SerializeToUtf8Bytes(index, JsonLayout.Indented);
        WholeFile.Write(Path.Combine(folder, "model.safetensors.index.json"), file => file.Write(json));
        names.Add("model.safetensors.index.json");
        return names;
    }

    private static List<List<TensorInfo>> Split(IReadOnlyList<TensorInfo> tensors, long maxShardBytes)
    {
        List<List<TensorInfo>> shards = [[]];
        var used = 0L;
        foreach (var tensor in tensors)
        {
            var bytes = Bytes(tensor);
            if (used > 0 && used + bytes > maxShardBytes)
            {
                shards.Add([]);
                used = 0;
            }

            shards[^1].Add(tensor);
            used += bytes;
        }

        return shards;
    }

    private static void Write(
        Stream file, string path, IReadOnlyList<TensorInfo> tensors, ReadTensor read, IReadOnlyDictionary<string, string>? metadata)
    {
        var header = Header(tensors, metadata);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        file.Write(length);
        file.Write(header);
        var values = new float[tensors.Count == 0 ? 0 : tensors.Max(tensor => checked((int)tensor.Count))];
        var chunk = ArrayPool<byte>.Shared.Rent(ChunkValues * sizeof(float));
        foreach (var tensor in tensors)
        {
            var destination = values.AsSpan(0, (int)tensor.Count);
            read(tensor.Name, destination);
            WriteTensor(file, path, tensor, destination, chunk);
        }

        ArrayPool<byte>.Shared.Return(chunk);
    }

    private static void WriteTensor(Stream file, string path, TensorInfo tensor, ReadOnlySpan<float> values, byte[] chunk)
    {
        var size = Widening.SizeOf(tensor.Type)!.Value;
        for (var start = 0; start < values.Length; start += ChunkValues)
        {
            var part = values.Slice(start, Math.Min(ChunkValues, values.Length - start));
            if (Widening.FirstNonFinite(part) is >= 0 and var index)
                throw new BadInputException($"{path}: tensor {tensor.Name} would hold {part[index]} at index {start + index}; weights must be finite");
            var bytes = chunk.AsSpan(0, part.Length * size);
            Widening.FromFloat(tensor.Type, part, bytes);
            if (tensor.Type == StoredType.F16)
                CheckRange(path, tensor.Name, part, start);
            file.Write(bytes);
        }
    }

    private static void CheckRange(string path, string name, ReadOnlySpan<float> values, int start)
    {
        // From 65520 on, rounding to nearest gives infinity.
        var largest = 0;
        for (var i = 0; i < values.Length; i++)
        {
            if (MathF.Abs(values[i]) > MathF.Abs(values[largest]))
                largest = i;
        }

        if (!values.IsEmpty && MathF.Abs(values[largest]) >= 65520)
            throw new BadInputException($"{path}: tensor {name} holds {values[largest]} at index {start + largest}, which F16 cannot hold; use BF16 or F32");
    }

    private static byte[] Header(IReadOnlyList<TensorInfo> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JsonLayout.Indented.Encoder }))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            foreach (var (key, value) in PyTorch.Concat(metadata ?? new Dictionary<string, string>()))
                json.WriteString(key, value);
            json.WriteEndObject();
            var position = 0L;
            foreach (var tensor in tensors)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", TypeName(tensor.Type));
                json.WriteStartArray("shape");
                foreach (var dimension in tensor.Shape)
                    json.WriteNumberValue(dimension);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(position);
                json.WriteNumberValue(position += Bytes(tensor));
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        // Spaces to a multiple of 8 keep the data aligned for readers that map the file.
        while (buffer.Length % 8 != 0)
            buffer.WriteByte((byte)' ');
        return buffer.ToArray();
    }

    private static long Bytes(TensorInfo tensor) => tensor.Type is StoredType.F32 or StoredType.F16 or StoredType.BF16
        ? tensor.Count * Widening.SizeOf(tensor.Type)!.Value
        : throw new ArgumentException($"tensor {tensor.Name}: {tensor.Type} is not written; F32, F16 and BF16 are");

    private static string TypeName(StoredType type) => type.ToString();
}
