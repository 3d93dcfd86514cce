using System.Text;
using System.Text.Json;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Checkpoints;

/// <summary>
/// Parses a safetensors header as strictly as the format allows: one JSON object, every key once, and tensors that cover
/// the data without gap or overlap. Nothing is allocated that the header's own bytes do not pay for.
/// </summary>
internal sealed class SafetensorsHeader
{
    private readonly string _path;
    private readonly long _dataStart;
    private readonly long _dataLength;

    private SafetensorsHeader(string path, long dataStart, long dataLength) => (_path, _dataStart, _dataLength) = (path, dataStart, dataLength);

    public Dictionary<string, SafetensorsTensor> Tensors { get; } = [];

    public Dictionary<string, string> Metadata { get; } = [];

    /// <param name="path">For messages.</param>
    /// <param name="json">The header's bytes.</param>
    /// <param name="dataStart">Where tensors' data begin in the file.</param>
    /// <param name="dataLength">How many bytes of data the file holds.</param>
    public static SafetensorsHeader Parse(string path, ReadOnlySpan<byte> json, long dataStart, long dataLength)
    {
        var header = new SafetensorsHeader(path, dataStart, dataLength);
        try
        {
            header.ReadObject(json);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or DecoderFallbackException)
        {
            throw new BadInputException($"{path}: the safetensors header is not sound JSON: {e.Message}", e);
        }

        header.CheckCoverage();
        return header;
    }

    public static StoredType? FindType(string name) => name switch
    {
        "F32" => StoredType.F32,
        "F16" => StoredType.F16,
        "BF16" => StoredType.BF16,
        "F64" => StoredType.F64,
        "F8_E4M3" => StoredType.F8E4M3,
        "F8_E5M2" => StoredType.F8E5M2,
        "I8" => StoredType.I8,
        "I16" => StoredType.I16,
        "I32" => StoredType.I32,
        "I64" => StoredType.I64,
        "U8" => StoredType.U8,
        "BOOL" => StoredType.Bool,
        _ => null,
    };

    private void ReadObject(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 8 });
        Expect(ref reader, JsonTokenType.StartObject, "the header");
        var hasMetadata = false;
        while (Next(ref reader) == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            if (name == "__metadata__")
            {
                if (hasMetadata)
                    throw Bad("__metadata__ occurs twice");
                hasMetadata = true;
                ReadMetadata(ref reader);
            }
            else if (!Tensors.TryAdd(name, ReadTensor(ref reader, name)))
            {
                throw Bad($"tensor {name} occurs twice");
            }
        }

        if (reader.Read())
            throw Bad("something follows the header's object");
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        Expect(ref reader, JsonTokenType.StartObject, "__metadata__");
        while (Next(ref reader) == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            Expect(ref reader, JsonTokenType.String, $"__metadata__.{key}");
            if (!Metadata.TryAdd(key, reader.GetString()!))
                throw Bad($"__metadata__.{key} occurs twice");
        }
    }

    private SafetensorsTensor ReadTensor(ref Utf8JsonReader reader, string name)
    {
        Expect(ref reader, JsonTokenType.StartObject, name);
        string? dtype = null;
        List<long>? shape = null, offsets = null;
        while (Next(ref reader) == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            switch (key)
            {
                case "dtype" when dtype is null:
                    Expect(ref reader, JsonTokenType.String, $"dtype of {name}");
                    dtype = reader.GetString()!;
                    break;
                case "shape" when shape is null:
                    shape = ReadIntegers(ref reader, $"shape of {name}");
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadIntegers(ref reader, $"data_offsets of {name}");
                    break;
                case "dtype" or "shape" or "data_offsets":
                    throw Bad($"{key} of tensor {name} occurs twice");
                default:
                    throw Bad($"tensor {name} has the unknown key {key}");
            }
        }

        if (dtype is null || shape is null || offsets is null)
            throw Bad($"tensor {name} lacks its {(dtype is null ? "dtype" : shape is null ? "shape" : "data_offsets")}");
        var type = FindType(dtype)
            ?? throw Bad($"tensor {name} has the unknown dtype {dtype}; F64, F32, F16, BF16, F8_E4M3, F8_E5M2, integers and BOOL are read");
        if (offsets is not [var begin, var end])
            throw Bad($"data_offsets of tensor {name} has {offsets.Count} entries; 2 would be right");
        if (begin > end || end > _dataLength)
            throw Bad($"tensor {name} lies at bytes {begin} to {end} of {_dataLength} bytes of data");
        var info = new TensorInfo(name, type, shape);
        var expected = Size(info);
        if (expected != end - begin)
            throw Bad($"tensor {name}, {dtype} [{string.Join(", ", shape)}], needs {expected} bytes, but its data_offsets give {end - begin}");
        return new(info, _dataStart + begin, end - begin);
    }

    private List<long> ReadIntegers(ref Utf8JsonReader reader, string what)
    {
        Expect(ref reader, JsonTokenType.StartArray, what);
        List<long> values = [];
        while (Next(ref reader) != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var value) || value < 0)
                throw Bad($"{what} holds something other than an integer from 0 to 2^63 - 1");
            values.Add(value);
        }

        return values;
    }

    private long Size(TensorInfo info)
    {
        long bytes = Widening.SizeOf(info.Type)!.Value;
        foreach (var size in info.Shape)
        {
            var product = Math.BigMul(bytes, size);
            if (product > long.MaxValue)
                throw Bad($"tensor {info.Name} of shape [{string.Join(", ", info.Shape)}] is larger than 2^63 bytes");
            bytes = (long)product;
        }

        return bytes;
    }

    private void CheckCoverage()
    {
        var (position, before) = (_dataStart, "the header");
        foreach (var tensor in Tensors.Values.OrderBy(tensor => tensor.Offset).ThenBy(tensor => tensor.Length))
        {
            if (tensor.Offset < position)
                throw Bad($"tensors {before} and {tensor.Info.Name} overlap");
            if (tensor.Offset > position)
                throw Bad($"{tensor.Offset - position} unused bytes lie between {before} and tensor {tensor.Info.Name}");
            (position, before) = (tensor.Offset + tensor.Length, tensor.Info.Name);
        }

        if (position != _dataStart + _dataLength)
            throw Bad($"{_dataStart + _dataLength - position} bytes follow the last tensor");
    }

    private static JsonTokenType Next(ref Utf8JsonReader reader) =>
        reader.Read() ? reader.TokenType : throw new JsonException("it ends early");

    private void Expect(ref Utf8JsonReader reader, JsonTokenType type, string what)
    {
        if (Next(ref reader) != type)
            throw Bad($"{what} should be {(type switch { JsonTokenType.StartObject => "an object", JsonTokenType.StartArray => "an array", _ => "a string" })}, found {reader.TokenType}");
    }

    private BadInputException Bad(string problem) => new($"{_path}: not a sound safetensors file: {problem}");
}
