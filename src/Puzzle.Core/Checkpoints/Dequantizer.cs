namespace Puzzle.Core.Checkpoints;

/// <summary>
/// Quantised blocks to float32, evaluated in float32 in ggml's order of operations, so that results are equal to its own
/// bit for bit.
/// </summary>
internal static class Dequantizer
{
    /// <summary>Whether a type can be read.</summary>
    public static bool Reads(StoredType type) => Widening.IsFloat(type) || Find(type) is not null;

    /// <summary>Fills <paramref name="destination"/>, a whole number of blocks, from their bytes.</summary>
    public static void ToFloat(StoredType type, ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        if (Widening.IsFloat(type))
        {
            Widening.ToFloat(type, blocks, destination);
            return;
        }

        var layout = GgufType.Find(type)!;
        var block = Find(type) ?? throw new ArgumentOutOfRangeException(nameof(type), type, "holds no weights");
        for (var i = 0; i < destination.Length / layout.BlockSize; i++)
            block(blocks.Slice(i * layout.Bytes, layout.Bytes), destination.Slice(i * layout.BlockSize, layout.BlockSize));
    }

    private delegate void Block(ReadOnlySpan<byte> source, Span<float> destination);

    private static Block? Find(StoredType type) => type switch
    {
        StoredType.Q8_0 => PlainQuants.Q8_0,
        StoredType.Q4_0 => PlainQuants.Q4_0,
        StoredType.Q4_1 => PlainQuants.Q4_1,
        StoredType.Q5_0 => PlainQuants.Q5_0,
        StoredType.Q5_1 => PlainQuants.Q5_1,
        StoredType.Q2_K => KQuants.Q2_K,
        StoredType.Q3_K => KQuants.Q3_K,
        StoredType.Q4_K => KQuants.Q4_K,
        StoredType.Q5_K => KQuants.Q5_K,
        StoredType.Q6_K => KQuants.Q6_K,
        StoredType.IQ4_NL => TableQuants.IQ4_NL,
        StoredType.IQ4_XS => TableQuants.IQ4_XS,
        StoredType.MXFP4 => TableQuants.MXFP4,
        StoredType.NVFP4 => TableQuants.NVFP4,
        StoredType.TQ1_0 => TernaryQuants.TQ1_0,
        StoredType.TQ2_0 => TernaryQuants.TQ2_0,
        _ => null,
    };
}
