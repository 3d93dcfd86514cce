using Puzzle.Core.Checkpoints;
using Puzzle.Serving.Kernels;

namespace Puzzle.Serving.Tests.Kernels;

/// <summary>Products of packed matrices against sums in double precision, and quantised ones against their own dequantised values, bit for bit.</summary>
public unsafe class PackedMatrixTests
{
    private static readonly int[] s_rows = [1, 2, 3, 4, 5, 8, 9, 12, 13, 16, 17, 25, 40];

    private static readonly (int Outputs, int Inputs, bool Gated, ProductUse Use)[] s_shapes =
        [(48, 31, false, ProductUse.Write), (64, 8, true, ProductUse.Write), (96, 20, false, ProductUse.Add), (26, 33, true, ProductUse.Write), (70, 96, false, ProductUse.Add)];

    public static TheoryData<bool, WeightType> Ways => [.. new[] { true, false }.SelectMany(wide => Enum.GetValues<WeightType>().Select(type => (wide, type)))];

    [Theory]
    [MemberData(nameof(Ways))]
    public void AProductIsTheSumOfProducts(bool wide, WeightType type) => With(wide, () =>
    {
        var random = new Random(3);
        foreach (var rows in s_rows)
        {
            foreach (var (outputs, inputs, gated, use) in s_shapes)
                Check(random, rows, outputs, inputs, gated, use, type);
        }
    });

    [Theory]
    [MemberData(nameof(Ways))]
    public void AProductIsThatOfTheValuesThatAreKept(bool wide, WeightType type) => With(wide, () =>
    {
        var random = new Random(4);
        foreach (var rows in s_rows)
        {
            foreach (var (outputs, inputs, gated, use) in s_shapes)
            {
                var (weights, bias) = (Draw(random, outputs * inputs), Draw(random, outputs));
                var x = Draw(random, (rows + PackedMatrix.Spare) * inputs);
                using var packed = new PackedMatrix(weights, inputs, bias, type, gated);
                using var plain = new PackedMatrix(Kept(weights, inputs, type), inputs, bias, WeightType.F32, gated);
                Assert.Equal(Product(plain, x, rows, use), Product(packed, x, rows, use));
            }
        }
    });

    [Theory]
    [InlineData(WeightType.F32)]
    [InlineData(WeightType.BF16)]
    [InlineData(WeightType.Q8_0)]
    [InlineData(WeightType.Q4_0)]
    public void ARowIsReadBack(WeightType type)
    {
        var row = stackalloc float[70];
        foreach (var inputs in new[] { 7, 32, 70 })
        {
            var weights = Draw(new Random(inputs), 40 * inputs);
            var kept = Kept(weights, inputs, type);
            using var matrix = new PackedMatrix(weights, inputs, default, type);
            for (var i = 0; i < 40; i++)
            {
                matrix.CopyRow(i, row);
                Assert.Equal(kept[(i * inputs)..((i + 1) * inputs)], new Span<float>(row, inputs).ToArray());
            }
        }
    }

    /// <summary>As small as ggml's files: 34 and 18 bytes for 32 weights.</summary>
    [Theory]
    [InlineData(WeightType.F32, 128)]
    [InlineData(WeightType.BF16, 64)]
    [InlineData(WeightType.Q8_0, 34)]
    [InlineData(WeightType.Q4_0, 18)]
    public void ThirtyTwoWeightsTakeSoManyBytes(WeightType type, int bytes)
    {
        using var matrix = new PackedMatrix(new float[64 * 96], 96, default, type);
        Assert.Equal((64 * 96 / 32 * bytes) + (64 * sizeof(float)), matrix.Bytes);
        Assert.Equal(bytes, 32 * PackedMatrix.BytesOf(type));
    }

    [Fact]
    public void HalvesBecomeFloats()
    {
        var bits = stackalloc ushort[16];
        for (var first = 0; first < 0x10000; first += 16)
        {
            for (var i = 0; i < 16; i++)
                bits[i] = (ushort)(first + i);
            var found = HalfFloats.Sixteen(bits);
            for (var i = 0; i < 16; i++)
            {
                var expected = BitConverter.UInt16BitsToHalf(bits[i]);
                if (Half.IsFinite(expected))
                    Assert.Equal((float)expected, found[i]);
            }
        }
    }

    private static void With(bool wide, Action check)
    {
        var before = PackedMatrix.Wide;
        try
        {
            PackedMatrix.Wide = wide;
            check();
        }
        finally
        {
            PackedMatrix.Wide = before;
        }
    }

    private static float[] Product(PackedMatrix matrix, float[] x, int rows, ProductUse use)
    {
        const int stride = 128;
        using var inputs = NativeBuffer.Of(x);
        using var outputs = NativeBuffer.Of([.. Enumerable.Range(0, (rows + PackedMatrix.Spare) * stride).Select(i => i % 7 / 4f)]);
        using var tile = NativeBuffer.Zeros(PackedMatrix.Spare * PackedMatrix.Width);
        matrix.Multiply(inputs.Floats, matrix.Columns, rows, outputs.Floats, stride, use, 0, matrix.Panels, tile.Floats);
        return [.. Enumerable.Range(0, rows).SelectMany(row => new Span<float>(outputs.Floats + row * stride, matrix.Outputs).ToArray())];
    }

    private static void Check(Random random, int rows, int outputs, int inputs, bool gated, ProductUse use, WeightType type)
    {
        var (weights, bias) = (Draw(random, outputs * inputs), Draw(random, outputs));
        var kept = Kept(weights, inputs, type);
        using var matrix = new PackedMatrix(weights, inputs, bias, type, gated);
        var (xStride, yStride) = (inputs + 5, 128);
        using var x = NativeBuffer.Of(Draw(random, (rows + PackedMatrix.Spare) * xStride));
        using var y = NativeBuffer.Of(Draw(random, (rows + PackedMatrix.Spare) * yStride));
        using var tile = NativeBuffer.Zeros(PackedMatrix.Spare * PackedMatrix.Width);
        var start = new Span<float>(y.Pointer, rows * yStride).ToArray();
        var middle = matrix.Panels / 2;
        matrix.Multiply(x.Floats, xStride, rows, y.Floats, yStride, use, 0, middle, tile.Floats);
        matrix.Multiply(x.Floats, xStride, rows, y.Floats, yStride, use, middle, matrix.Panels, tile.Floats);

        double Sum(int row, int output)
        {
            double sum = bias[output];
            for (var i = 0; i < inputs; i++)
                sum += x.Floats[row * xStride + i] * (double)kept[output * inputs + i];
            return sum;
        }

        for (var row = 0; row < rows; row++)
        {
            for (var output = 0; output < matrix.Outputs; output++)
            {
                var expected = Sum(row, output) + (use == ProductUse.Add ? start[row * yStride + output] : 0);
                if (gated)
                    expected = expected / (1 + Math.Exp(-expected)) * Sum(row, matrix.Outputs + output);
                Assert.Equal(expected, y.Floats[row * yStride + output], 3e-5);
            }
        }
    }

    private static float[] Draw(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (float)(2 * random.NextDouble() - 1))];

    // What is left of weights: rounded, or quantised by ggml's rules in blocks of 32 inputs and written out again.
    private static float[] Kept(float[] weights, int inputs, WeightType type)
    {
        if (type is WeightType.F32)
            return weights;
        if (type is WeightType.BF16)
            return [.. weights.Select(value => BitConverter.UInt32BitsToSingle((BitConverter.SingleToUInt32Bits(value) + 0x7FFF + ((BitConverter.SingleToUInt32Bits(value) >> 16) & 1)) & 0xFFFF0000))];
        var kept = new float[weights.Length];
        for (var row = 0; row < weights.Length; row += inputs)
        {
            for (var at = 0; at < inputs; at += 32)
            {
                var values = new float[32];
                var count = Math.Min(32, inputs - at);
                weights.AsSpan(row + at, count).CopyTo(values);
                var block = new byte[type == WeightType.Q8_0 ? 34 : 18];
                Quantizer.FromFloat(type == WeightType.Q8_0 ? StoredType.Q8_0 : StoredType.Q4_0, values, block);
                var scale = (float)BitConverter.ToHalf(block);
                for (var i = 0; i < count; i++)
                    kept[row + at + i] = scale * (type == WeightType.Q8_0 ? (sbyte)block[2 + i] : (i < 16 ? block[2 + i] & 15 : block[2 + i - 16] >> 4) - 8);
            }
        }

        return kept;
    }
}
