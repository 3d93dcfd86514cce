using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Puzzle.Serving.Kernels;

/// <summary>Weights as bfloat16: the upper half of a 32-bit float, rounded to nearest even.</summary>
internal readonly unsafe struct BFloat16Panels : IPanelType
{
    public static int Bytes => 32;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(byte* from)
    {
        if (Avx512F.IsSupported)
            return (Avx512F.ConvertToVector512UInt32(Vector256.Load((ushort*)from)) << 16).AsSingle();
        return Vector512.Create(LoadHalf(from), LoadHalf(from + 16));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadHalf(byte* from)
    {
        var (lower, upper) = Vector128.Widen(Vector128.Load((ushort*)from));
        return (Vector256.Create(lower, upper) << 16).AsSingle();
    }

    public static void Store(byte* to, int index, float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        ((ushort*)to)[index] = (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    public static float Read(byte* from, int index) => BitConverter.UInt32BitsToSingle((uint)((ushort*)from)[index] << 16);
}
