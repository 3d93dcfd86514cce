using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Puzzle.Serving.Kernels;

/// <summary>Weights as bfloat16: the upper half of a 32-bit float, rounded to nearest even.</summary>
internal readonly unsafe struct BFloat16Panels : IPanelType
{
    public static int Bytes => 64;

    public static nint Block => nint.MaxValue;

    public static int ScaleBytes => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<float>, Vector512<float>) Scales(byte* block) => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<float>, Vector512<float>) Load(byte* from, Vector512<float> lowerScale, Vector512<float> upperScale) => (Sixteen(from), Sixteen(from + 32));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<float>, Vector256<float>) HalfScales(byte* block, int half) => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<float>, Vector256<float>) LoadHalf(byte* from, int half, Vector256<float> firstScale, Vector256<float> secondScale) =>
        (Eight(from + 32 * half), Eight(from + 32 * half + 16));

    public static void Store(byte* panel, int lane, ReadOnlySpan<float> row)
    {
        for (var i = 0; i < row.Length; i++)
        {
            var bits = BitConverter.SingleToUInt32Bits(row[i]);
            ((ushort*)panel)[i * PackedMatrix.Width + lane] = (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
        }
    }

    public static float Read(byte* panel, int lane, int input) => BitConverter.UInt32BitsToSingle((uint)((ushort*)panel)[input * PackedMatrix.Width + lane] << 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Sixteen(byte* from)
    {
        if (Avx512F.IsSupported)
            return (Avx512F.ConvertToVector512UInt32(Vector256.Load((ushort*)from)) << 16).AsSingle();
        return Vector512.Create(Eight(from), Eight(from + 16));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Eight(byte* from)
    {
        var (lower, upper) = Vector128.Widen(Vector128.Load((ushort*)from));
        return (Vector256.Create(lower, upper) << 16).AsSingle();
    }
}
