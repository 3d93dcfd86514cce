using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Puzzle.Serving.Kernels;

/// <summary>Weights as they are: 32-bit floats.</summary>
internal readonly unsafe struct Float32Panels : IPanelType
{
    public static int Bytes => 128;

    public static nint Block => nint.MaxValue;

    public static int ScaleBytes => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<float>, Vector512<float>) Scales(byte* block) => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<float>, Vector512<float>) Load(byte* from, Vector512<float> lowerScale, Vector512<float> upperScale) =>
        (Vector512.Load((float*)from), Vector512.Load((float*)from + 16));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<float>, Vector256<float>) HalfScales(byte* block, int half) => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<float>, Vector256<float>) LoadHalf(byte* from, int half, Vector256<float> firstScale, Vector256<float> secondScale) =>
        (Vector256.Load((float*)from + 16 * half), Vector256.Load((float*)from + 16 * half + 8));

    public static void Store(byte* panel, int lane, ReadOnlySpan<float> row)
    {
        for (var i = 0; i < row.Length; i++)
            ((float*)panel)[i * PackedMatrix.Width + lane] = row[i];
    }

    public static float Read(byte* panel, int lane, int input) => ((float*)panel)[input * PackedMatrix.Width + lane];
}
