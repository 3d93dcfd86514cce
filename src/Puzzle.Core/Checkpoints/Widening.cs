using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Puzzle.Core.Checkpoints;

/// <summary>Stored numbers to float32, exactly, and back with rounding to nearest even. Sources are little endian.</summary>
internal static class Widening
{
    private static readonly float[] E4M3 = [.. Enumerable.Range(0, 256).Select(code => FromE4M3((byte)code))];

    // E5M2 is the upper byte of an IEEE half.
    private static readonly float[] E5M2 = [.. Enumerable.Range(0, 256).Select(code => (float)BitConverter.UInt16BitsToHalf((ushort)(code << 8)))];

    /// <summary>Bytes of one number, or null for types that are stored in blocks.</summary>
    public static int? SizeOf(StoredType type) => type switch
    {
        StoredType.F32 or StoredType.I32 => 4,
        StoredType.F64 or StoredType.I64 => 8,
        StoredType.F16 or StoredType.BF16 or StoredType.I16 => 2,
        StoredType.F8E4M3 or StoredType.F8E5M2 or StoredType.I8 or StoredType.U8 or StoredType.Bool => 1,
        _ => null,
    };

    public static bool IsFloat(StoredType type) =>
        type is StoredType.F32 or StoredType.F16 or StoredType.BF16 or StoredType.F64 or StoredType.F8E4M3 or StoredType.F8E5M2;

    /// <summary>Widens (F64: narrows) as many numbers as <paramref name="destination"/> holds.</summary>
    public static void ToFloat(StoredType type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        switch (type)
        {
            case StoredType.F32:
                source.CopyTo(MemoryMarshal.AsBytes(destination));
                break;
            case StoredType.F16:
                FromHalf(MemoryMarshal.Cast<byte, ushort>(source), destination);
                break;
            case StoredType.BF16:
                FromBFloat16(MemoryMarshal.Cast<byte, ushort>(source), destination);
                break;
            case StoredType.F8E4M3:
                Look(E4M3, source, destination);
                break;
            case StoredType.F8E5M2:
                Look(E5M2, source, destination);
                break;
            case StoredType.F64:
                for (var i = 0; i < destination.Length; i++)
                    destination[i] = (float)BinaryPrimitives.ReadDoubleLittleEndian(source[(8 * i)..]);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "not a floating-point type");
        }
    }

    /// <summary>Rounds to the stored type, to nearest even; values beyond F16's range become infinite.</summary>
    public static void FromFloat(StoredType type, ReadOnlySpan<float> source, Span<byte> destination)
    {
        switch (type)
        {
            case StoredType.F32:
                MemoryMarshal.AsBytes(source).CopyTo(destination);
                break;
            case StoredType.F16:
                ToHalf(source, MemoryMarshal.Cast<byte, ushort>(destination));
                break;
            case StoredType.BF16:
                ToBFloat16(source, MemoryMarshal.Cast<byte, ushort>(destination));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "only F32, F16 and BF16 are written");
        }
    }

    /// <summary>The index of the first NaN or infinity, or -1.</summary>
    public static int FirstNonFinite(ReadOnlySpan<float> values)
    {
        const uint exponent = 0x7F800000;
        var bits = MemoryMarshal.Cast<float, uint>(values);
        var i = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            var mask = Vector256.Create(exponent);
            for (; i <= bits.Length - 32; i += 32)
            {
                var a = Vector256.Equals(Vector256.Create(bits[i..]) & mask, mask) | Vector256.Equals(Vector256.Create(bits[(i + 8)..]) & mask, mask);
                var b = Vector256.Equals(Vector256.Create(bits[(i + 16)..]) & mask, mask) | Vector256.Equals(Vector256.Create(bits[(i + 24)..]) & mask, mask);
                if ((a | b) != Vector256<uint>.Zero)
                    break;
            }
        }

        for (; i < bits.Length; i++)
        {
            if ((bits[i] & exponent) == exponent)
                return i;
        }

        return -1;
    }

    private static void FromBFloat16(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        var bits = MemoryMarshal.Cast<float, uint>(destination);
        source = source[..bits.Length];
        var i = 0;
        for (; i <= bits.Length - 16; i += 16)
        {
            var (low, high) = Vector256.Widen(Vector256.Create(source[i..]));
            (low << 16).CopyTo(bits[i..]);
            (high << 16).CopyTo(bits[(i + 8)..]);
        }

        for (; i < bits.Length; i++)
            bits[i] = (uint)source[i] << 16;
    }

    private static void ToBFloat16(ReadOnlySpan<float> source, Span<ushort> destination)
    {
        var bits = MemoryMarshal.Cast<float, uint>(source);
        var i = 0;
        for (; i <= bits.Length - 16; i += 16)
            Vector256.Narrow(Round(Vector256.Create(bits[i..])), Round(Vector256.Create(bits[(i + 8)..]))).CopyTo(destination[i..]);
        for (; i < bits.Length; i++)
            destination[i] = (ushort)((bits[i] + 0x7FFF + ((bits[i] >> 16) & 1)) >> 16);

        static Vector256<uint> Round(Vector256<uint> x) =>
            (x + Vector256.Create(0x7FFFu) + ((x >> 16) & Vector256<uint>.One)) >> 16;
    }

    private static void FromHalf(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        var bits = MemoryMarshal.Cast<float, uint>(destination);
        source = source[..bits.Length];
        var i = 0;
        for (; i <= bits.Length - 16; i += 16)
        {
            var (low, high) = Vector256.Widen(Vector256.Create(source[i..]));
            Widen(low).CopyTo(bits[i..]);
            Widen(high).CopyTo(bits[(i + 8)..]);
        }

        for (; i < bits.Length; i++)
            destination[i] = (float)BitConverter.UInt16BitsToHalf(source[i]);

        // Move exponent and mantissa into place and correct the bias; subnormals are renormalised by a subtraction, so
        // that no denormal float32 is ever an operand.
        static Vector256<uint> Widen(Vector256<uint> half)
        {
            var sign = (half & Vector256.Create(0x8000u)) << 16;
            var body = (half & Vector256.Create(0x7FFFu)) << 13;
            var exponent = body & Vector256.Create(0x0F800000u);
            var normal = body + Vector256.Create(112u << 23);
            var infinite = normal + Vector256.Create(112u << 23);
            var subnormal = ((normal + Vector256.Create(1u << 23)).AsSingle() - Vector256.Create(113u << 23).AsSingle()).AsUInt32();
            var magnitude = Vector256.ConditionalSelect(Vector256.Equals(exponent, Vector256<uint>.Zero), subnormal, normal);
            magnitude = Vector256.ConditionalSelect(Vector256.Equals(exponent, Vector256.Create(0x0F800000u)), infinite, magnitude);
            return magnitude | sign;
        }
    }

    private static void ToHalf(ReadOnlySpan<float> source, Span<ushort> destination)
    {
        var bits = MemoryMarshal.Cast<float, uint>(source);
        var i = 0;
        for (; i <= bits.Length - 16; i += 16)
            Vector256.Narrow(Round(Vector256.Create(bits[i..])), Round(Vector256.Create(bits[(i + 8)..]))).CopyTo(destination[i..]);
        for (; i < source.Length; i++)
            destination[i] = BitConverter.HalfToUInt16Bits((Half)source[i]);

        // Normal results: correct the bias and round the mantissa's lower 13 bits away, to even. Subnormal results: adding
        // 0.5 lines the mantissa up with the result's and lets the addition round. Too large: infinity; NaN stays NaN.
        static Vector256<uint> Round(Vector256<uint> x)
        {
            var sign = (x >> 16) & Vector256.Create(0x8000u);
            var body = x & Vector256.Create(0x7FFFFFFFu);
            var normal = (body + Vector256.Create(unchecked((uint)(-112 << 23)) + 0xFFF) + ((body >> 13) & Vector256<uint>.One)) >> 13;
            var subnormal = (body.AsSingle() + Vector256.Create(0.5f)).AsUInt32() - Vector256.Create(0x3F000000u);
            var special = Vector256.ConditionalSelect(
                Vector256.GreaterThan(body, Vector256.Create(0x7F800000u)), Vector256.Create(0x7E00u), Vector256.Create(0x7C00u));
            var magnitude = Vector256.ConditionalSelect(Vector256.LessThan(body, Vector256.Create(113u << 23)), subnormal, normal);
            magnitude = Vector256.ConditionalSelect(Vector256.GreaterThanOrEqual(body, Vector256.Create(143u << 23)), special, magnitude);
            return magnitude | sign;
        }
    }

    private static void Look(float[] table, ReadOnlySpan<byte> source, Span<float> destination)
    {
        source = source[..destination.Length];
        for (var i = 0; i < destination.Length; i++)
            destination[i] = table[source[i]];
    }

    // 1 sign, 4 exponent bits (bias 7), 3 mantissa bits; no infinities, and only S.1111.111 is NaN.
    private static float FromE4M3(byte code)
    {
        var (exponent, mantissa) = ((code >> 3) & 15, code & 7);
        var magnitude = (exponent, mantissa) switch
        {
            (15, 7) => float.NaN,
            (0, _) => mantissa * MathF.ScaleB(1, -9),
            _ => MathF.ScaleB(8 + mantissa, exponent - 10),
        };
        return code < 128 ? magnitude : -magnitude;
    }
}
