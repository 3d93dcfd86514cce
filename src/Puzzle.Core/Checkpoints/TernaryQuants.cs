using static Puzzle.Core.Checkpoints.PlainQuants;

namespace Puzzle.Core.Checkpoints;

/// <summary>Blocks of 256 values -1, 0 or 1 times a scale.</summary>
internal static class TernaryQuants
{
    private static readonly byte[] PowersOfThree = [1, 3, 9, 27, 81];

    // 48 bytes of five digits base 3 each; 4 bytes of four; scale. A byte is a fraction of 256: multiplying by a power of
    // three moves a digit to the front, and times 3 / 256 reads it.
    public static void TQ1_0(ReadOnlySpan<byte> block, Span<float> y)
    {
        var (d, at) = (Half(block[52..]), 0);
        foreach (var (start, width, digits) in ((int, int, int)[])[(0, 32, 5), (32, 16, 5), (48, 4, 4)])
        {
            for (var n = 0; n < digits; n++)
            {
                for (var m = 0; m < width; m++)
                {
                    var moved = (byte)(block[start + m] * PowersOfThree[n]);
                    y[at++] = ((moved * 3 >> 8) - 1) * d;
                }
            }
        }
    }

    // 64 bytes of 2-bit values; scale
    public static void TQ2_0(ReadOnlySpan<byte> block, Span<float> y)
    {
        var d = Half(block[64..]);
        for (var i = 0; i < 256; i++)
            y[i] = (((block[i / 128 * 32 + i % 32] >> (i % 128 / 32 * 2)) & 3) - 1) * d;
    }
}
