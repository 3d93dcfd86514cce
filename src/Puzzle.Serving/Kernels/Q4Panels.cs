using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Puzzle.Core.Checkpoints;

namespace Puzzle.Serving.Kernels;

/// <summary>
/// ggml's Q4_0: 32 inputs of a lane share a half-precision scale, value = scale * (four bits - 8). The scales of a block, then
/// 16 bytes an input: low halves are lanes 0 to 15, high halves lanes 16 to 31.
/// </summary>
internal readonly unsafe struct Q4Panels : IPanelType
{
    private const int BlockBytes = 18;

    public static int Bytes => 16;

    public static nint Block => 32;

    public static int ScaleBytes => 64;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<float>, Vector512<float>) Scales(byte* block) => Q8Panels.Scales(block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<float>, Vector512<float>) Load(byte* from, Vector512<float> lowerScale, Vector512<float> upperScale)
    {
        if (Avx512F.IsSupported)
        {
            // A table of the sixteen values: its index is the low four bits, whatever stands above.
            var values = Vector512.Create(-8f, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7);
            var codes = Avx512F.ConvertToVector512Int32(Vector128.Load(from));
            return (Avx512F.PermuteVar16x32(values, codes) * lowerScale, Avx512F.PermuteVar16x32(values, codes >> 4) * upperScale);
        }

        var bytes = Vector128.Load(from);
        var (a, b) = Sixteen(bytes & Vector128.Create((byte)15));
        var (c, d) = Sixteen(bytes >> 4);
        return (Vector512.Create(a, b) * lowerScale, Vector512.Create(c, d) * upperScale);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<float>, Vector256<float>) HalfScales(byte* block, int half) => Q8Panels.HalfScales(block, half);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<float>, Vector256<float>) LoadHalf(byte* from, int half, Vector256<float> firstScale, Vector256<float> secondScale)
    {
        var bytes = Vector128.Load(from);
        var (first, second) = Sixteen(half == 0 ? bytes & Vector128.Create((byte)15) : bytes >> 4);
        return (first * firstScale, second * secondScale);
    }

    public static void Store(byte* panel, int lane, ReadOnlySpan<float> row)
    {
        Span<float> values = stackalloc float[32];
        Span<byte> packed = stackalloc byte[BlockBytes];
        for (var at = 0; at < row.Length; at += 32, panel += ScaleBytes + 32 * Bytes)
        {
            values.Clear();
            row.Slice(at, Math.Min(32, row.Length - at)).CopyTo(values);
            Quantizer.FromFloat(StoredType.Q4_0, values, packed);
            ((ushort*)panel)[lane] = MemoryMarshal.Read<ushort>(packed);
            for (var i = 0; i < 32; i++)
            {
                var code = i < 16 ? packed[2 + i] & 15 : packed[2 + i - 16] >> 4;
                ref var place = ref panel[ScaleBytes + i * Bytes + lane % 16];
                place = (byte)(lane < 16 ? (place & 0xF0) | code : (place & 15) | code << 4);
            }
        }
    }

    public static float Read(byte* panel, int lane, int input)
    {
        var block = panel + input / 32 * (ScaleBytes + 32 * Bytes);
        var both = block[ScaleBytes + input % 32 * Bytes + lane % 16];
        return (float)((Half*)block)[lane] * ((lane < 16 ? both & 15 : both >> 4) - 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<float>, Vector256<float>) Sixteen(Vector128<byte> codes)
    {
        var (lower, upper) = Vector128.Widen(codes);
        return (Eight(lower), Eight(upper));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Eight(Vector128<ushort> codes)
    {
        var (lower, upper) = Vector128.Widen(codes);
        return Vector256.ConvertToSingle(Vector256.Create(lower, upper).AsInt32() - Vector256.Create(8));
    }
}
