using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Puzzle.Core.Checkpoints;

namespace Puzzle.Serving.Kernels;

/// <summary>ggml's Q8_0: 32 inputs of a lane share a half-precision scale, value = scale * signed byte. The scales of a block, then its bytes input by input.</summary>
internal readonly unsafe struct Q8Panels : IPanelType
{
    private const int BlockBytes = 34;

    public static int Bytes => 32;

    public static nint Block => 32;

    public static int ScaleBytes => 64;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<float>, Vector512<float>) Scales(byte* block) => (HalfFloats.Sixteen((ushort*)block), HalfFloats.Sixteen((ushort*)block + 16));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<float>, Vector512<float>) Load(byte* from, Vector512<float> lowerScale, Vector512<float> upperScale) =>
        (Sixteen((sbyte*)from) * lowerScale, Sixteen((sbyte*)from + 16) * upperScale);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<float>, Vector256<float>) HalfScales(byte* block, int half) => (HalfFloats.Eight((ushort*)block + 16 * half), HalfFloats.Eight((ushort*)block + 16 * half + 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<float>, Vector256<float>) LoadHalf(byte* from, int half, Vector256<float> firstScale, Vector256<float> secondScale)
    {
        var (first, second) = Vector128.Widen(Vector128.Load((sbyte*)from + 16 * half));
        return (Eight(first) * firstScale, Eight(second) * secondScale);
    }

    public static void Store(byte* panel, int lane, ReadOnlySpan<float> row)
    {
        Span<float> values = stackalloc float[32];
        Span<byte> packed = stackalloc byte[BlockBytes];
        for (var at = 0; at < row.Length; at += 32, panel += ScaleBytes + 32 * Bytes)
        {
            values.Clear();
            row.Slice(at, Math.Min(32, row.Length - at)).CopyTo(values);
            Quantizer.FromFloat(StoredType.Q8_0, values, packed);
            ((ushort*)panel)[lane] = MemoryMarshal.Read<ushort>(packed);
            for (var i = 0; i < 32; i++)
                panel[ScaleBytes + i * Bytes + lane] = packed[2 + i];
        }
    }

    public static float Read(byte* panel, int lane, int input)
    {
        var block = panel + input / 32 * (ScaleBytes + 32 * Bytes);
        return (float)((Half*)block)[lane] * (sbyte)block[ScaleBytes + input % 32 * Bytes + lane];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Sixteen(sbyte* from)
    {
        if (Avx512F.IsSupported)
            return Avx512F.ConvertToVector512Single(Avx512F.ConvertToVector512Int32(Vector128.Load(from)));
        var (first, second) = Vector128.Widen(Vector128.Load(from));
        return Vector512.Create(Eight(first), Eight(second));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Eight(Vector128<short> codes)
    {
        var (lower, upper) = Vector128.Widen(codes);
        return Vector256.ConvertToSingle(Vector256.Create(lower, upper));
    }
}
