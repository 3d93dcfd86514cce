using System.Runtime.InteropServices;
using CsCheck;
using Puzzle.Core.Checkpoints;

namespace Puzzle.Core.Tests.Checkpoints;

public class WideningTests
{
    [Fact]
    public void EveryHalfIsWidenedAsTheRuntimeDoes()
    {
        ushort[] codes = [.. Enumerable.Range(0, 65536).Select(code => (ushort)code)];
        var values = new float[codes.Length];
        Widening.ToFloat(StoredType.F16, MemoryMarshal.AsBytes(codes.AsSpan()), values);
        for (var i = 0; i < codes.Length; i++)
            Same((float)BitConverter.UInt16BitsToHalf(codes[i]), values[i]);
    }

    [Fact]
    public void FloatsAreRoundedToHalvesAsTheRuntimeDoes() => Gen.Single.Array[64].Sample(values =>
    {
        // Random bit patterns seldom lie in a half's range; scaled ones do.
        for (var i = 0; i < values.Length; i += 2)
            values[i] = MathF.ScaleB(values[i], -(int)MathF.Floor(MathF.Log2(MathF.Abs(values[i]) + float.Epsilon)) + i % 40 - 26);
        var bits = new ushort[values.Length];
        Widening.FromFloat(StoredType.F16, values, MemoryMarshal.AsBytes(bits.AsSpan()));
        for (var i = 0; i < values.Length; i++)
        {
            if (!float.IsNaN(values[i]))
                Assert.Equal(BitConverter.HalfToUInt16Bits((Half)values[i]), bits[i]);
        }
    }, iter: 2000);

    [Fact]
    public void EveryHalfAndEveryBrainFloatComesBack()
    {
        foreach (var type in (StoredType[])[StoredType.F16, StoredType.BF16])
        {
            ushort[] codes = [.. Enumerable.Range(0, 65536).Select(code => (ushort)code)];
            var (values, back) = (new float[codes.Length], new ushort[codes.Length]);
            Widening.ToFloat(type, MemoryMarshal.AsBytes(codes.AsSpan()), values);
            Widening.FromFloat(type, values, MemoryMarshal.AsBytes(back.AsSpan()));
            for (var i = 0; i < codes.Length; i++)
            {
                if (!float.IsNaN(values[i]))
                    Assert.Equal(codes[i], back[i]);
            }
        }
    }

    [Fact]
    public void BrainFloatsAreRoundedToNearestEven()
    {
        float[] values = [1, BitConverter.UInt32BitsToSingle(0x3F808000), BitConverter.UInt32BitsToSingle(0x3F818000), BitConverter.UInt32BitsToSingle(0x3F808001)];
        var bits = new ushort[4];
        Widening.FromFloat(StoredType.BF16, values, MemoryMarshal.AsBytes(bits.AsSpan()));
        Assert.Equal([0x3F80, 0x3F80, 0x3F82, 0x3F81], bits.Select(code => (int)code));
    }

    [Theory]
    [InlineData(0x00, 0f)]
    [InlineData(0x01, 0.001953125f)]
    [InlineData(0x08, 0.015625f)]
    [InlineData(0x38, 1f)]
    [InlineData(0x7E, 448f)]
    [InlineData(0xB8, -1f)]
    [InlineData(0x7F, float.NaN)]
    public void E4M3HasNoInfinities(byte code, float expected)
    {
        var value = new float[1];
        Widening.ToFloat(StoredType.F8E4M3, [code], value);
        Same(expected, value[0]);
    }

    [Theory]
    [InlineData(0x3C, 1f)]
    [InlineData(0x01, 1.52587890625e-05f)]
    [InlineData(0x7B, 57344f)]
    [InlineData(0x7C, float.PositiveInfinity)]
    [InlineData(0xC0, -2f)]
    public void E5M2IsTheUpperByteOfAHalf(byte code, float expected)
    {
        var value = new float[1];
        Widening.ToFloat(StoredType.F8E5M2, [code], value);
        Same(expected, value[0]);
    }

    [Fact]
    public void TheFirstValueThatIsNotFiniteIsFoundWhereverItIs()
    {
        foreach (var bad in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity])
        {
            for (var at = 0; at < 100; at++)
            {
                var values = new float[100];
                (values[at], values[99]) = (bad, bad);
                Assert.Equal(at, Widening.FirstNonFinite(values));
            }
        }

        Assert.Equal(-1, Widening.FirstNonFinite([float.MaxValue, float.MinValue, float.Epsilon]));
    }

    private static void Same(float expected, float actual) =>
        Assert.Equal(BitConverter.SingleToUInt32Bits(expected), BitConverter.SingleToUInt32Bits(float.IsNaN(expected) && float.IsNaN(actual) ? expected : actual));
}
