using System.Buffers.Binary;
using System.Text;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Checkpoints;

/// <summary>Writes GGUF v3, tensor by tensor: memory holds the largest tensor once, and its stored form. The file appears whole or not at all.</summary>
internal static class GgufWriter
{
    private const int Alignment = 32;

    /// <param name="path">Replaced if it exists.</param>
    /// <param name="metadata">Keys and values, of the types that <see cref="GgufMetadata"/> lists, in the order of the file.</param>
    /// <param name="tensors">Names of the file, types (F32, F16, BF16, Q8_0, Q4_0) and shapes, slowest dimension first.</param>
    /// <param name="read">Gives the values by those names; called once a tensor.</param>
    /// <exception cref="BadInputException">A value is NaN or infinite, or does not fit F16.</exception>
    public static void Write(string path, IReadOnlyList<KeyValuePair<string, object>> metadata, IReadOnlyList<TensorInfo> tensors, ReadTensor read) =>
        WholeFile.Write(path, file =>
        {
            file.Write(Header(metadata, tensors));
            Pad(file);
            var values = new float[tensors.Max(tensor => checked((int)tensor.Count))];
            var stored = new byte[tensors.Max(tensor => checked((int)TensorBytes.Of(tensor)))];
            foreach (var tensor in tensors)
            {
                var part = values.AsSpan(0, (int)tensor.Count);
                read(tensor.Name, part);
                Check(path, tensor, part);
                var bytes = stored.AsSpan(0, (int)TensorBytes.Of(tensor));
                Quantizer.FromFloat(tensor.Type, part, bytes);
                file.Write(bytes);
                Pad(file);
            }
        });

    private static void Check(string path, TensorInfo tensor, ReadOnlySpan<float> values)
    {
        if (Widening.FirstNonFinite(values) is >= 0 and var index)
            throw new BadInputException($"{path}: tensor {tensor.Name} would hold {values[index]} at index {index}; weights must be finite");
        if (tensor.Type != StoredType.F16)
            return;
        for (var i = 0; i < values.Length; i++)
        {
            if (MathF.Abs(values[i]) >= 65520)
                throw new BadInputException($"{path}: tensor {tensor.Name} holds {values[i]} at index {i}, which F16 cannot hold; use BF16 or F32");
        }
    }

    private static byte[] Header(IReadOnlyList<KeyValuePair<string, object>> metadata, IReadOnlyList<TensorInfo> tensors)
    {
        using var buffer = new MemoryStream();
        buffer.Write("GGUF"u8);
        U32(buffer, 3);
        U64(buffer, (ulong)tensors.Count);
        U64(buffer, (ulong)metadata.Count);
        foreach (var (key, value) in metadata)
        {
            Text(buffer, key);
            Value(buffer, value);
        }

        var offset = 0L;
        foreach (var tensor in tensors)
        {
            Text(buffer, tensor.Name);
            U32(buffer, (uint)tensor.Shape.Count);
            foreach (var size in tensor.Shape.Reverse())
                U64(buffer, (ulong)size);
            U32(buffer, GgufType.Find(tensor.Type)!.Id);
            U64(buffer, (ulong)offset);
            offset = (offset + TensorBytes.Of(tensor) + Alignment - 1) / Alignment * Alignment;
        }

        return buffer.ToArray();
    }

    private static void Value(Stream stream, object value)
    {
        if (value is Array array)
        {
            U32(stream, 9);
            U32(stream, TypeId(array.GetType().GetElementType()!));
            U64(stream, (ulong)array.Length);
            foreach (var element in array)
                Plain(stream, element);
            return;
        }

        U32(stream, TypeId(value.GetType()));
        Plain(stream, value);
    }

    private static uint TypeId(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.Byte => 0,
        TypeCode.SByte => 1,
        TypeCode.UInt16 => 2,
        TypeCode.Int16 => 3,
        TypeCode.UInt32 => 4,
        TypeCode.Int32 => 5,
        TypeCode.Single => 6,
        TypeCode.Boolean => 7,
        TypeCode.String => 8,
        TypeCode.UInt64 => 10,
        TypeCode.Int64 => 11,
        TypeCode.Double => 12,
        _ => throw new ArgumentException($"GGUF has no value type for {type}"),
    };

    private static void Plain(Stream stream, object value)
    {
        Span<byte> bytes = stackalloc byte[8];
        switch (value)
        {
            case string text:
                Text(stream, text);
                return;
            case byte or sbyte:
                stream.WriteByte(value is byte small ? small : (byte)(sbyte)value);
                return;
            case bool flag:
                stream.WriteByte(flag ? (byte)1 : (byte)0);
                return;
            case ushort or short:
                BinaryPrimitives.WriteInt16LittleEndian(bytes, value is short signed ? signed : (short)(ushort)value);
                stream.Write(bytes[..2]);
                return;
            case uint u32:
                U32(stream, u32);
                return;
            case int i32:
                U32(stream, (uint)i32);
                return;
            case float f32:
                U32(stream, BitConverter.SingleToUInt32Bits(f32));
                return;
            case ulong u64:
                U64(stream, u64);
                return;
            case long i64:
                U64(stream, (ulong)i64);
                return;
            case double f64:
                U64(stream, BitConverter.DoubleToUInt64Bits(f64));
                return;
        }
    }

    private static void Text(Stream stream, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        U64(stream, (ulong)bytes.Length);
        stream.Write(bytes);
    }

    private static void U32(Stream stream, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        stream.Write(bytes);
    }

    private static void U64(Stream stream, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        stream.Write(bytes);
    }

    private static void Pad(Stream stream)
    {
        while (stream.Position % Alignment != 0)
            stream.WriteByte(0);
    }
}
