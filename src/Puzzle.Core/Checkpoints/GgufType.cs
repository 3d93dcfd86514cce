namespace Puzzle.Core.Checkpoints;

/// <summary>How GGUF numbers and lays out a tensor type: values come in blocks of <paramref name="BlockSize"/>, each of <paramref name="Bytes"/> bytes.</summary>
internal sealed record GgufType(uint Id, StoredType Type, int BlockSize, int Bytes)
{
    private static readonly GgufType[] All =
    [
        new(0, StoredType.F32, 1, 4), new(1, StoredType.F16, 1, 2), new(30, StoredType.BF16, 1, 2), new(28, StoredType.F64, 1, 8),
        new(24, StoredType.I8, 1, 1), new(25, StoredType.I16, 1, 2), new(26, StoredType.I32, 1, 4), new(27, StoredType.I64, 1, 8),
        new(2, StoredType.Q4_0, 32, 18), new(3, StoredType.Q4_1, 32, 20), new(6, StoredType.Q5_0, 32, 22), new(7, StoredType.Q5_1, 32, 24),
        new(8, StoredType.Q8_0, 32, 34),
        new(10, StoredType.Q2_K, 256, 84), new(11, StoredType.Q3_K, 256, 110), new(12, StoredType.Q4_K, 256, 144),
        new(13, StoredType.Q5_K, 256, 176), new(14, StoredType.Q6_K, 256, 210),
        new(16, StoredType.IQ2_XXS, 256, 66), new(17, StoredType.IQ2_XS, 256, 74), new(18, StoredType.IQ3_XXS, 256, 98),
        new(19, StoredType.IQ1_S, 256, 50), new(20, StoredType.IQ4_NL, 32, 18), new(21, StoredType.IQ3_S, 256, 110),
        new(22, StoredType.IQ2_S, 256, 82), new(23, StoredType.IQ4_XS, 256, 136), new(29, StoredType.IQ1_M, 256, 56),
        new(34, StoredType.TQ1_0, 256, 54), new(35, StoredType.TQ2_0, 256, 66), new(39, StoredType.MXFP4, 32, 17), new(40, StoredType.NVFP4, 64, 36),
    ];

    private static readonly Dictionary<uint, GgufType> ById = All.ToDictionary(type => type.Id);
    private static readonly Dictionary<StoredType, GgufType> ByType = All.ToDictionary(type => type.Type);

    /// <summary>The type of an id, or null where ggml has none (or has removed it).</summary>
    public static GgufType? Find(uint id) => ById.GetValueOrDefault(id);

    /// <summary>The layout of a type, or null where GGUF has no such type.</summary>
    public static GgufType? Find(StoredType type) => ByType.GetValueOrDefault(type);
}
