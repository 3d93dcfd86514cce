using System.Buffers.Binary;

namespace Puzzle.Core.Checkpoints;

/// <summary>Float32 to quantised blocks of 32, as ggml's reference quantises: the same bytes.</summary>
public static class Quantizer
{
    private const int BlockSize = 32;

    /// <summary>Whether a type is among those that are written.</summary>
    public static bool Writes(StoredType type) => type is StoredType.F32 or StoredType.F16 or StoredType.BF16 or StoredType.Q8_0 or StoredType.Q4_0;

    /// <summary>Fills <paramref name="blocks"/> from as many values as they hold.</summary>
    public static void FromFloat(StoredType type, ReadOnlySpan<float> values, Span<byte> blocks)
    {
        if (type is not (StoredType.Q8_0 or StoredType.Q4_0))
        {
            Widening.FromFloat(type, values, blocks);
            return;
        }

        var bytes = GgufType.Find(type)!.Bytes;
        for (var i = 0; i < values.Length / BlockSize; i++)
        {
            var source = values.Slice(i * BlockSize, BlockSize);
            var destination = blocks.Slice(i * bytes, bytes);
            if (type == StoredType.Q8_0)
                Q8_0(source, destination);
            else
                Q4_0(source, destination);
        }
    }

    // The largest magnitude becomes 127.
    private static void Q8_0(ReadOnlySpan<float> x, Span<byte> block)
    {
        var largest = 0f;
        foreach (var value in x)
            largest = MathF.Max(largest, MathF.Abs(value));
        var scale = largest / 127;
        var inverse = scale == 0 ? 0 : 1 / scale;
        BinaryPrimitives.WriteHalfLittleEndian(block, (Half)scale);
        for (var i = 0; i < BlockSize; i++)
            block[2 + i] = (byte)(sbyte)MathF.Round(x[i] * inverse, MidpointRounding.AwayFromZero);
    }

    // The value of largest magnitude, with its sign, becomes -8.
    private static void Q4_0(ReadOnlySpan<float> x, Span<byte> block)
    {
        var (magnitude, extreme) = (0f, 0f);
        foreach (var value in x)
        {
            if (MathF.Abs(value) > magnitude)
                (magnitude, extreme) = (MathF.Abs(value), value);
        }

        var scale = extreme / -8;
        var inverse = scale == 0 ? 0 : 1 / scale;
        BinaryPrimitives.WriteHalfLittleEndian(block, (Half)scale);
        for (var i = 0; i < BlockSize / 2; i++)
            block[2 + i] = (byte)(Code(x[i]) | Code(x[i + BlockSize / 2]) << 4);

        int Code(float value) => Math.Min(15, (int)(value * inverse + 8.5f));
    }
}
