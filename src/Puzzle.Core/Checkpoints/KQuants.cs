using static Puzzle.Core.Checkpoints.PlainQuants;

namespace Puzzle.Core.Checkpoints;

/// <summary>Blocks of 256 in groups of 16 or 32, whose scales (and minima) are quantised themselves.</summary>
internal static class KQuants
{
    // 16 scales | minima << 4; 64 bytes of 2-bit values; scale; minimum
    public static void Q2_K(ReadOnlySpan<byte> block, Span<float> y)
    {
        var (d, min) = (Half(block[80..]), Half(block[82..]));
        for (var group = 0; group < 16; group++)
        {
            var (scale, minimum) = (d * (block[group] & 15), min * (block[group] >> 4));
            var (source, shift) = (16 + 32 * (group / 8) + 16 * (group & 1), group / 2 % 4 * 2);
            for (var l = 0; l < 16; l++)
                y[16 * group + l] = scale * ((block[source + l] >> shift) & 3) - minimum;
        }
    }

    // 32 bytes of third bits; 64 bytes of 2-bit values; 16 scales of 6 bits in 12 bytes; scale
    public static void Q3_K(ReadOnlySpan<byte> block, Span<float> y)
    {
        var d = Half(block[108..]);
        var packed = block[96..];
        for (var group = 0; group < 16; group++)
        {
            var low = (packed[group % 8] >> (group / 8 * 4)) & 15;
            var high = (packed[8 + group % 4] >> (group / 4 * 2)) & 3;
            var scale = d * ((low | high << 4) - 32);
            var (source, shift) = (32 * (group / 8) + 16 * (group & 1), group / 2 % 4 * 2);
            var (mask, maskAt) = (1 << (group / 2), 16 * (group & 1));
            for (var l = 0; l < 16; l++)
            {
                var q = (block[32 + source + l] >> shift) & 3;
                y[16 * group + l] = scale * (q - ((block[maskAt + l] & mask) != 0 ? 0 : 4));
            }
        }
    }

    // scale; minimum; 8 scales and minima of 6 bits in 12 bytes; 128 bytes of 4-bit values
    public static void Q4_K(ReadOnlySpan<byte> block, Span<float> y)
    {
        var (d, min) = (Half(block), Half(block[2..]));
        for (var group = 0; group < 8; group++)
        {
            var (scale, minimum) = ScaleAndMinimum(block[4..], group);
            var (s, m) = (d * scale, min * minimum);
            var source = block.Slice(16 + 32 * (group / 2), 32);
            var shift = group % 2 * 4;
            for (var l = 0; l < 32; l++)
                y[32 * group + l] = s * ((source[l] >> shift) & 15) - m;
        }
    }

    // as Q4_K with 32 bytes of fifth bits before the 4-bit values
    public static void Q5_K(ReadOnlySpan<byte> block, Span<float> y)
    {
        var (d, min) = (Half(block), Half(block[2..]));
        for (var group = 0; group < 8; group++)
        {
            var (scale, minimum) = ScaleAndMinimum(block[4..], group);
            var (s, m) = (d * scale, min * minimum);
            var source = block.Slice(48 + 32 * (group / 2), 32);
            var fifths = block.Slice(16, 32);
            var shift = group % 2 * 4;
            for (var l = 0; l < 32; l++)
                y[32 * group + l] = s * (((source[l] >> shift) & 15) + (((fifths[l] >> group) & 1) << 4)) - m;
        }
    }

    // 128 bytes of 4 low bits; 64 bytes of 2 high bits; 16 signed scales; scale
    public static void Q6_K(ReadOnlySpan<byte> block, Span<float> y)
    {
        var d = Half(block[208..]);
        for (var half = 0; half < 2; half++)
        {
            var low = block.Slice(64 * half, 64);
            var high = block.Slice(128 + 32 * half, 32);
            var scales = block.Slice(192 + 8 * half, 8);
            for (var part = 0; part < 4; part++)
            {
                for (var l = 0; l < 32; l++)
                {
                    var q = ((low[l + 32 * (part & 1)] >> (part / 2 * 4)) & 15) | ((high[l] >> (2 * part)) & 3) << 4;
                    y[128 * half + 32 * part + l] = d * (sbyte)scales[2 * part + l / 16] * (q - 32);
                }
            }
        }
    }

    // The first four scales and minima lie in 6 bits of a byte each; of the others, 4 bits follow and the upper 2 bits
    // are those left over in the first ones.
    private static (int Scale, int Minimum) ScaleAndMinimum(ReadOnlySpan<byte> packed, int j) => j < 4
        ? (packed[j] & 63, packed[j + 4] & 63)
        : ((packed[j + 4] & 15) | (packed[j - 4] >> 6) << 4, (packed[j + 4] >> 4) | (packed[j] >> 6) << 4);
}
