using System.Buffers.Binary;
using System.Runtime.Intrinsics;

namespace Puzzle.Core.Checkpoints;

/// <summary>Blocks of 32 with one scale (and one minimum): value = scale * q, or scale * q + minimum.</summary>
internal static class PlainQuants
{
    // scale; 32 signed bytes
    public static void Q8_0(ReadOnlySpan<byte> block, Span<float> y)
    {
        var scale = Vector256.Create(Half(block));
        for (var i = 0; i < 32; i += 16)
        {
            var (low, high) = Vector256.Widen(Vector256.WidenLower(Vector128.Create(block[(2 + i)..]).AsSByte().ToVector256()));
            (Vector256.ConvertToSingle(low) * scale).CopyTo(y[i..]);
            (Vector256.ConvertToSingle(high) * scale).CopyTo(y[(i + 8)..]);
        }
    }

    // scale; 16 bytes: value j in the low half of byte j, value j + 16 in the high half
    public static void Q4_0(ReadOnlySpan<byte> block, Span<float> y)
    {
        var (scale, nibbles) = (Half(block), Vector128.Create(block[2..]));
        Scale(Vector128.BitwiseAnd(nibbles, Vector128.Create((byte)15)), 8, scale, y);
        Scale(nibbles >>> 4, 8, scale, y[16..]);
    }

    // scale; minimum; 16 bytes as in Q4_0
    public static void Q4_1(ReadOnlySpan<byte> block, Span<float> y)
    {
        var (scale, minimum, nibbles) = (Half(block), Half(block[2..]), Vector128.Create(block[4..]));
        Affine(Vector128.BitwiseAnd(nibbles, Vector128.Create((byte)15)), scale, minimum, y);
        Affine(nibbles >>> 4, scale, minimum, y[16..]);
    }

    // scale; 32 fifth bits; 16 bytes as in Q4_0
    public static void Q5_0(ReadOnlySpan<byte> block, Span<float> y)
    {
        var (scale, fifths, nibbles) = (Half(block), BinaryPrimitives.ReadUInt32LittleEndian(block[2..]), Vector128.Create(block[6..]));
        Scale(Vector128.BitwiseAnd(nibbles, Vector128.Create((byte)15)) | Fifth(fifths), 16, scale, y);
        Scale((nibbles >>> 4) | Fifth(fifths >> 16), 16, scale, y[16..]);
    }

    // scale; minimum; 32 fifth bits; 16 bytes as in Q4_0
    public static void Q5_1(ReadOnlySpan<byte> block, Span<float> y)
    {
        var (scale, minimum) = (Half(block), Half(block[2..]));
        var (fifths, nibbles) = (BinaryPrimitives.ReadUInt32LittleEndian(block[4..]), Vector128.Create(block[8..]));
        Affine(Vector128.BitwiseAnd(nibbles, Vector128.Create((byte)15)) | Fifth(fifths), scale, minimum, y);
        Affine((nibbles >>> 4) | Fifth(fifths >> 16), scale, minimum, y[16..]);
    }

    public static float Half(ReadOnlySpan<byte> bytes) => (float)BinaryPrimitives.ReadHalfLittleEndian(bytes);

    private static void Scale(Vector128<byte> q, int zero, float scale, Span<float> y)
    {
        var (low, high) = Integers(q);
        ((Vector256.ConvertToSingle(low - Vector256.Create(zero))) * Vector256.Create(scale)).CopyTo(y);
        ((Vector256.ConvertToSingle(high - Vector256.Create(zero))) * Vector256.Create(scale)).CopyTo(y[8..]);
    }

    private static void Affine(Vector128<byte> q, float scale, float minimum, Span<float> y)
    {
        var (low, high) = Integers(q);
        (Vector256.ConvertToSingle(low) * Vector256.Create(scale) + Vector256.Create(minimum)).CopyTo(y);
        (Vector256.ConvertToSingle(high) * Vector256.Create(scale) + Vector256.Create(minimum)).CopyTo(y[8..]);
    }

    private static (Vector256<int> Low, Vector256<int> High) Integers(Vector128<byte> q)
    {
        var (low, high) = Vector256.Widen(Vector256.WidenLower(q.ToVector256()));
        return (low.AsInt32(), high.AsInt32());
    }

    // Sixteen bits to sixteen bytes of 0 or 16.
    private static Vector128<byte> Fifth(uint bits)
    {
        var bit = Vector128.Create(1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128);
        var spread = Vector128.Create(Vector64.Create((byte)bits), Vector64.Create((byte)(bits >> 8)));
        return Vector128.Equals(spread & bit, bit) & Vector128.Create((byte)16);
    }
}
