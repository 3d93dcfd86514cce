using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Checkpoints;

/// <summary>One safetensors file, memory-mapped. Opening reads the header only.</summary>
public sealed class SafetensorsFile : IDisposable
{
    // The format's own bound on the header.
    private const int MaxHeaderBytes = 100_000_000;

    // Small enough to stay in a core's cache between widening and the check for NaN.
    private const int ChunkValues = 1 << 15;

    private readonly MappedFile _file;
    private readonly Dictionary<string, SafetensorsTensor> _tensors;

    private SafetensorsFile(MappedFile file)
    {
        _file = file;
        var header = ReadHeader(file);
        (_tensors, Metadata) = (header.Tensors, header.Metadata);
        Tensors = _tensors.ToDictionary(pair => pair.Key, pair => pair.Value.Info);
    }

    public string Path => _file.Path;

    public IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <summary>The strings of <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <exception cref="BadInputException">No such file, or its header is not sound.</exception>
    public static SafetensorsFile Open(string path)
    {
        var file = MappedFile.Open(path);
        try
        {
            return new(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Writes a floating-point tensor as float32, row-major.</summary>
    /// <exception cref="BadInputException">No such tensor, not floating-point, a wrong length, or a value that is NaN or infinite.</exception>
    public void Read(string name, Span<float> destination)
    {
        var tensor = Find(name);
        if (!Widening.IsFloat(tensor.Info.Type))
            throw new BadInputException($"{Path}: tensor {name} holds {tensor.Info.Type}; weights must be floating-point");
        CheckLength(tensor, destination.Length);
        var size = Widening.SizeOf(tensor.Info.Type)!.Value;
        var stored = ArrayPool<byte>.Shared.Rent(Math.Min(ChunkValues, destination.Length) * size);
        for (var start = 0; start < destination.Length; start += ChunkValues)
        {
            var chunk = destination.Slice(start, Math.Min(ChunkValues, destination.Length - start));
            var bytes = stored.AsSpan(0, chunk.Length * size);
            _file.Copy(tensor.Offset + (long)start * size, bytes);
            Widening.ToFloat(tensor.Info.Type, bytes, chunk);
            if (Widening.FirstNonFinite(chunk) is >= 0 and var index)
                throw new BadInputException($"{Path}: tensor {name} holds {chunk[index]} at index {start + index}; weights must be finite");
        }

        ArrayPool<byte>.Shared.Return(stored);
    }

    /// <summary>Copies a tensor's numbers as they are stored, without any check of their values.</summary>
    /// <typeparam name="T">A type of the stored size and kind, for example <see cref="int"/> for I32, <see cref="double"/> for F64.</typeparam>
    /// <exception cref="BadInputException">No such tensor, or it is stored as something else.</exception>
    public T[] ReadStored<T>(string name) where T : unmanaged
    {
        var tensor = Find(name);
        if (!Stores<T>(tensor.Info.Type))
            throw new BadInputException($"{Path}: tensor {name} holds {tensor.Info.Type}, not {typeof(T).Name}");
        var values = new T[checked((int)tensor.Info.Count)];
        CopyStored(tensor, 0, MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    /// <summary>Copies stored bytes of a tensor, from byte <paramref name="offset"/> of its data.</summary>
    internal void CopyStored(string name, long offset, Span<byte> destination) => CopyStored(Find(name), offset, destination);

    public void Dispose() => _file.Dispose();

    private void CopyStored(SafetensorsTensor tensor, long offset, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + destination.Length, tensor.Length);
        _file.Copy(tensor.Offset + offset, destination);
    }

    private SafetensorsTensor Find(string name) =>
        _tensors.GetValueOrDefault(name) ?? throw new BadInputException($"{Path}: there is no tensor {name}");

    private void CheckLength(SafetensorsTensor tensor, int length)
    {
        if (tensor.Info.Count != length)
            throw new BadInputException($"{Path}: tensor {tensor.Info.Name} has {tensor.Info.Count} values ([{string.Join(", ", tensor.Info.Shape)}]), not {length}");
    }

    private static SafetensorsHeader ReadHeader(MappedFile file)
    {
        if (file.Length < 8)
            throw new BadInputException($"{file.Path}: not a safetensors file: {file.Length} bytes are too few for the header's length");
        var length = BinaryPrimitives.ReadUInt64LittleEndian(file.Bytes(0, 8));
        if (length > (ulong)(file.Length - 8) || length > MaxHeaderBytes)
            throw new BadInputException($"{file.Path}: not a safetensors file: a header of {length} bytes is declared in a file of {file.Length} bytes (at most {MaxHeaderBytes} are allowed)");
        var json = file.Bytes(8, (int)length);
        if (json.IsEmpty || json[0] != (byte)'{')
            throw new BadInputException($"{file.Path}: not a safetensors file: the header does not begin with '{{'");
        return SafetensorsHeader.Parse(file.Path, json, 8 + (long)length, file.Length - 8 - (long)length);
    }

    private static bool Stores<T>(StoredType type) where T : unmanaged => type switch
    {
        StoredType.F32 => typeof(T) == typeof(float),
        StoredType.F64 => typeof(T) == typeof(double),
        StoredType.F16 => typeof(T) == typeof(Half),
        StoredType.I64 => typeof(T) == typeof(long),
        StoredType.I32 => typeof(T) == typeof(int),
        StoredType.I16 => typeof(T) == typeof(short),
        StoredType.I8 => typeof(T) == typeof(sbyte),
        StoredType.BF16 => typeof(T) == typeof(ushort),
        _ => typeof(T) == typeof(byte),
    };
}
