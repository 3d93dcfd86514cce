using System.Buffers.Binary;
using static Puzzle.Core.Checkpoints.PlainQuants;

namespace Puzzle.Core.Checkpoints;

/// <summary>Four-bit codes that stand for values of a table.</summary>
internal static class TableQuants
{
    private static readonly sbyte[] NonLinear = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    // Twice the values of E2M1; the scales are halved instead.
    private static readonly sbyte[] TwiceE2M1 = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

    // scale; 16 bytes: value j in the low half of byte j, value j + 16 in the high half
    public static void IQ4_NL(ReadOnlySpan<byte> block, Span<float> y) => Look(NonLinear, Half(block), block[2..], y);

    // scale; 8 pairs of upper scale bits; 4 bytes of lower scale bits; 8 groups as in IQ4_NL
    public static void IQ4_XS(ReadOnlySpan<byte> block, Span<float> y)
    {
        var (d, upper) = (Half(block), BinaryPrimitives.ReadUInt16LittleEndian(block[2..]));
        for (var group = 0; group < 8; group++)
        {
            var scale = ((block[4 + group / 2] >> (group % 2 * 4)) & 15) | ((upper >> (2 * group)) & 3) << 4;
            Look(NonLinear, d * (scale - 32), block.Slice(8 + 16 * group, 16), y[(32 * group)..]);
        }
    }

    // scale, a power of two; 16 bytes as in IQ4_NL
    public static void MXFP4(ReadOnlySpan<byte> block, Span<float> y)
    {
        // 2^(e - 128), half of what the exponent says; below 2, that is a denormal.
        var bits = block[0] < 2 ? 0x00200000u << block[0] : (uint)(block[0] - 1) << 23;
        Look(TwiceE2M1, BitConverter.UInt32BitsToSingle(bits), block[1..], y);
    }

    // 4 scales, unsigned E4M3; 4 groups of 8 bytes: value j in the low half of byte j, value j + 8 in the high half
    public static void NVFP4(ReadOnlySpan<byte> block, Span<float> y)
    {
        for (var group = 0; group < 4; group++)
        {
            var (exponent, mantissa) = ((block[group] >> 3) & 15, block[group] & 7);
            var scale = block[group] is 0 or 0x7F ? 0 : exponent == 0 ? MathF.ScaleB(mantissa, -10) : MathF.ScaleB(8 + mantissa, exponent - 11);
            for (var j = 0; j < 8; j++)
            {
                var code = block[4 + 8 * group + j];
                y[16 * group + j] = TwiceE2M1[code & 15] * scale;
                y[16 * group + j + 8] = TwiceE2M1[code >> 4] * scale;
            }
        }
    }

    private static void Look(sbyte[] table, float scale, ReadOnlySpan<byte> codes, Span<float> y)
    {
        for (var j = 0; j < 16; j++)
        {
            y[j] = scale * table[codes[j] & 15];
            y[j + 16] = scale * table[codes[j] >> 4];
        }
    }
}
