using System.Buffers.Binary;
using System.Text;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Checkpoints;

/// <summary>
/// A GGUF file as a container: its metadata and its tensors under the names and in the order of the file. Every length
/// is checked against the bytes that are there before anything is allocated for it.
/// </summary>
internal sealed class GgufContainer : IDisposable
{
    private const int MaxAlignment = 1 << 20;
    private const int MaxTextBytes = 64 << 20;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly MappedFile _file;
    private readonly Dictionary<string, GgufTensor> _tensors = [];
    private long _position;

    private GgufContainer(MappedFile file)
    {
        _file = file;
        Metadata = ReadHeader();
    }

    public string Path => _file.Path;

    public GgufMetadata Metadata { get; }

    public IReadOnlyDictionary<string, GgufTensor> Tensors => _tensors;

    /// <summary>What tensors' offsets are multiples of, in bytes.</summary>
    public int Alignment { get; private set; } = 32;

    /// <exception cref="BadInputException">Not a sound GGUF file of version 2 or 3.</exception>
    public static GgufContainer Open(string path)
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

    /// <summary>Stored bytes of a tensor, from <paramref name="offset"/> of its own.</summary>
    public ReadOnlySpan<byte> Bytes(GgufTensor tensor, long offset, int length) => _file.Bytes(tensor.Offset + offset, length);

    public void Dispose() => _file.Dispose();

    private GgufMetadata ReadHeader()
    {
        if (!Take(4, "the magic").SequenceEqual("GGUF"u8))
            throw Bad("it does not begin with GGUF");
        var version = U32("the version");
        if (BinaryPrimitives.ReverseEndianness(version) is 2 or 3)
            throw Bad("it is a big-endian GGUF file; only little-endian files are read");
        if (version is not (2 or 3))
            throw Bad($"GGUF version {version}; 2 and 3 are read");
        var tensorCount = Count("tensor", minBytes: 8 + 4 + 8 + 4 + 8);
        var keyCount = Count("key", minBytes: 8 + 4 + 1);
        var values = ReadValues(keyCount);
        ReadTensors(tensorCount, values);
        return new(Path, values);
    }

    private Dictionary<string, object> ReadValues(long count)
    {
        Dictionary<string, object> values = [];
        for (var i = 0L; i < count; i++)
        {
            var key = Text($"key {i}");
            var value = Value(U32($"the type of {key}"), key);
            if (!values.TryAdd(key, value))
                throw Bad($"the key {key} occurs twice");
        }

        if (values.GetValueOrDefault("general.alignment") is { } alignment)
        {
            if (alignment is not uint bytes)
                throw Bad($"general.alignment should be a u32, found {alignment} ({alignment.GetType().Name})");
            if (bytes is 0 or > MaxAlignment || (bytes & (bytes - 1)) != 0)
                throw Bad($"general.alignment is {bytes}; a power of two up to {MaxAlignment} would be right");
            Alignment = (int)bytes;
        }

        return values;
    }

    private void ReadTensors(long count, Dictionary<string, object> values)
    {
        if (values.GetValueOrDefault("general.architecture") is not string)
            throw Bad(values.TryGetValue("general.architecture", out var found)
                ? $"general.architecture should be a string, found {found} ({found.GetType().Name})"
                : "general.architecture is absent");
        List<(GgufTensor Tensor, ulong Offset)> declared = [];
        for (var i = 0L; i < count; i++)
        {
            var name = Text($"the name of tensor {i}");
            var rank = U32($"the rank of {name}");
            if (rank > 4)
                throw Bad($"tensor {name} has {rank} dimensions; at most 4 are allowed");
            // GGUF puts the fastest dimension first.
            var shape = new long[rank];
            var elements = 1L;
            for (var d = 0; d < rank; d++)
            {
                var size = unchecked((long)U64($"the shape of {name}"));
                if (size <= 0)
                    throw Bad($"dimension {d} of tensor {name} is {size}; it must be positive");
                elements = Multiply(elements, size, name);
                shape[rank - 1 - d] = size;
            }

            var id = U32($"the type of {name}");
            var type = GgufType.Find(id) ?? throw Bad($"tensor {name} has type {id}, which is unknown");
            var row = rank == 0 ? 1 : shape[^1];
            if (row % type.BlockSize != 0)
                throw Bad($"rows of tensor {name} have {row} values, which is not a multiple of {type.Type}'s block of {type.BlockSize}");
            var bytes = Multiply(elements / type.BlockSize, type.Bytes, name);
            declared.Add((new(new(name, type.Type, shape), type, 0, bytes), U64($"the offset of {name}")));
        }

        Place(declared);
    }

    private void Place(List<(GgufTensor Tensor, ulong Offset)> declared)
    {
        var dataStart = (_position + Alignment - 1) / Alignment * Alignment;
        var dataLength = Math.Max(0, _file.Length - dataStart);
        foreach (var (tensor, offset) in declared)
        {
            var name = tensor.Info.Name;
            if (offset % (ulong)Alignment != 0)
                throw Bad($"the offset {offset} of tensor {name} is not a multiple of the alignment {Alignment}");
            if (offset > (ulong)dataLength || tensor.Length > dataLength - (long)offset)
                throw Bad($"tensor {name} needs {tensor.Length} bytes at offset {offset}, but the data ends at {dataLength}");
            if (!_tensors.TryAdd(name, tensor with { Offset = dataStart + (long)offset }))
                throw Bad($"the tensor {name} occurs twice");
        }

        GgufTensor? before = null;
        foreach (var tensor in _tensors.Values.OrderBy(tensor => tensor.Offset))
        {
            if (before is not null && before.Offset + before.Length > tensor.Offset)
                throw Bad($"tensors {before.Info.Name} and {tensor.Info.Name} overlap");
            before = tensor;
        }
    }

    private object Value(uint type, string key) => type switch
    {
        0 => Take(1, key)[0],
        1 => (sbyte)Take(1, key)[0],
        2 => BinaryPrimitives.ReadUInt16LittleEndian(Take(2, key)),
        3 => BinaryPrimitives.ReadInt16LittleEndian(Take(2, key)),
        4 => U32(key),
        5 => (int)U32(key),
        6 => BinaryPrimitives.ReadSingleLittleEndian(Take(4, key)),
        7 => Truth(Take(1, key)[0], key),
        8 => Text(key),
        9 => Elements(U32(key), key),
        10 => U64(key),
        11 => (long)U64(key),
        12 => BinaryPrimitives.ReadDoubleLittleEndian(Take(8, key)),
        _ => throw Bad($"{key} has the unknown value type {type}"),
    };

    private Array Elements(uint type, string key)
    {
        return type switch
        {
            0 => Numbers(1, bytes => bytes[0]),
            1 => Numbers(1, bytes => (sbyte)bytes[0]),
            2 => Numbers(2, BinaryPrimitives.ReadUInt16LittleEndian),
            3 => Numbers(2, BinaryPrimitives.ReadInt16LittleEndian),
            4 => Numbers(4, BinaryPrimitives.ReadUInt32LittleEndian),
            5 => Numbers(4, BinaryPrimitives.ReadInt32LittleEndian),
            6 => Numbers(4, BinaryPrimitives.ReadSingleLittleEndian),
            7 => Numbers(1, bytes => Truth(bytes[0], key)),
            8 => Texts(),
            9 => throw Bad($"{key} is an array of arrays, which is not supported"),
            10 => Numbers(8, BinaryPrimitives.ReadUInt64LittleEndian),
            11 => Numbers(8, BinaryPrimitives.ReadInt64LittleEndian),
            12 => Numbers(8, BinaryPrimitives.ReadDoubleLittleEndian),
            _ => throw Bad($"{key} is an array of the unknown value type {type}"),
        };

        T[] Numbers<T>(int size, Func<ReadOnlySpan<byte>, T> read)
        {
            var values = new T[Count(key, size)];
            for (var i = 0; i < values.Length; i++)
                values[i] = read(Take(size, key));
            return values;
        }

        string[] Texts()
        {
            var values = new string[Count(key, minBytes: 8)];
            for (var i = 0; i < values.Length; i++)
                values[i] = Text(key);
            return values;
        }
    }

    /// <summary>A count of things that take at least <paramref name="minBytes"/> each in what is left of the file.</summary>
    private long Count(string what, int minBytes)
    {
        var count = U64($"the {what} count");
        var left = (ulong)(_file.Length - _position);
        if (count > left / (ulong)minBytes || count > (ulong)Array.MaxLength)
            throw Bad($"{what}: {count} entries are declared, but only {left} bytes follow");
        return (long)count;
    }

    private string Text(string what)
    {
        var length = U64(what);
        if (length > (ulong)(_file.Length - _position))
            throw Bad($"{what}: a string of {length} bytes is declared, but only {_file.Length - _position} bytes follow");
        if (length > MaxTextBytes)
            throw Bad($"{what}: a string of {length} bytes; at most {MaxTextBytes} are read");
        try
        {
            return StrictUtf8.GetString(Take((int)length, what));
        }
        catch (DecoderFallbackException e)
        {
            throw new BadInputException($"{Path}: {what} is not valid UTF-8", e);
        }
    }

    private bool Truth(byte value, string key) =>
        value <= 1 ? value == 1 : throw Bad($"{key} is a truth value with the byte {value}; 0 or 1 would be right");

    private uint U32(string what) => BinaryPrimitives.ReadUInt32LittleEndian(Take(4, what));

    private ulong U64(string what) => BinaryPrimitives.ReadUInt64LittleEndian(Take(8, what));

    private ReadOnlySpan<byte> Take(int length, string what)
    {
        if (length > _file.Length - _position)
            throw Bad($"it ends within {what}");
        var bytes = _file.Bytes(_position, length);
        _position += length;
        return bytes;
    }

    private long Multiply(long a, long b, string name)
    {
        var product = Math.BigMul(a, b);
        return product <= long.MaxValue ? (long)product : throw Bad($"tensor {name} is larger than 2^63 bytes");
    }

    private BadInputException Bad(string problem) => new($"{Path}: not a sound GGUF file: {problem}");
}
