using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Puzzle.Serving.Kernels;

/// <summary>Half-precision numbers as floats: exact for all finite ones.</summary>
internal static unsafe class HalfFloats
{
    // The exponent's bias differs by 112: the bits moved into place, times 2^112. Halves below the normal range come out right too.
    private const float Bias = 5.192297e33f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Sixteen(ushort* from) => Vector512.Create(Eight(from), Eight(from + 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Eight(ushort* from)
    {
        var (lower, upper) = Vector128.Widen(Vector128.Load(from));
        var bits = Vector256.Create(lower, upper);
        var magnitude = ((bits & Vector256.Create(0x7FFFu)) << 13).AsSingle() * Vector256.Create(Bias);
        return (magnitude.AsUInt32() | (bits & Vector256.Create(0x8000u)) << 16).AsSingle();
    }
}
