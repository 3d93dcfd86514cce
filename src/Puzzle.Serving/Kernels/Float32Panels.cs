using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Puzzle.Serving.Kernels;

/// <summary>Weights as they are: 32-bit floats.</summary>
internal readonly unsafe struct Float32Panels : IPanelType
{
    public static int Bytes => 64;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(byte* from) => Vector512.Load((float*)from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadHalf(byte* from) => Vector256.Load((float*)from);

    public static void Store(byte* to, int index, float value) => ((float*)to)[index] = value;

    public static float Read(byte* from, int index) => ((float*)from)[index];
}
