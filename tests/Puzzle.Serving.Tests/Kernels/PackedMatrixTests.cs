using Puzzle.Serving.Kernels;

namespace Puzzle.Serving.Tests.Kernels;

/// <summary>Products of packed matrices against sums in double precision.</summary>
public unsafe class PackedMatrixTests
{
    [Theory]
    [InlineData(true, WeightType.F32)]
    [InlineData(false, WeightType.F32)]
    [InlineData(true, WeightType.BF16)]
    [InlineData(false, WeightType.BF16)]
    public void AProductIsTheSumOfProducts(bool wide, WeightType type)
    {
        var before = PackedMatrix.Wide;
        try
        {
            PackedMatrix.Wide = wide;
            var random = new Random(3);
            foreach (var rows in new[] { 1, 2, 3, 4, 5, 8, 9, 12, 13, 16, 17, 25, 40 })
            {
                foreach (var (outputs, inputs, gated, use) in new[] { (48, 31, false, ProductUse.Write), (64, 8, true, ProductUse.Write), (96, 20, false, ProductUse.Add), (26, 33, true, ProductUse.Write) })
                    Check(random, rows, outputs, inputs, gated, use, type);
            }
        }
        finally
        {
            PackedMatrix.Wide = before;
        }
    }

    [Fact]
    public void ARowIsReadBack()
    {
        var weights = Enumerable.Range(0, 40 * 7).Select(i => i / 8f).ToArray();
        using var matrix = new PackedMatrix(weights, 7, default, WeightType.F32);
        var row = stackalloc float[7];
        for (var i = 0; i < 40; i++)
        {
            matrix.CopyRow(i, row);
            Assert.Equal(weights[(i * 7)..(i * 7 + 7)], new Span<float>(row, 7).ToArray());
        }
    }

    private static void Check(Random random, int rows, int outputs, int inputs, bool gated, ProductUse use, WeightType type)
    {
        float[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)(2 * random.NextDouble() - 1))];
        var (weights, bias) = (Draw(outputs * inputs), Draw(outputs));
        using var matrix = new PackedMatrix(weights, inputs, bias, type, gated);
        var (xStride, yStride) = (inputs + 5, 128);
        using var x = NativeBuffer.Of(Draw((rows + PackedMatrix.Spare) * xStride));
        using var y = NativeBuffer.Of(Draw((rows + PackedMatrix.Spare) * yStride));
        using var tile = NativeBuffer.Zeros(PackedMatrix.Spare * PackedMatrix.Width);
        var start = new Span<float>(y.Pointer, rows * yStride).ToArray();
        var middle = matrix.Panels / 2;
        matrix.Multiply(x.Floats, xStride, rows, y.Floats, yStride, use, 0, middle, tile.Floats);
        matrix.Multiply(x.Floats, xStride, rows, y.Floats, yStride, use, middle, matrix.Panels, tile.Floats);

        double Sum(int row, int output)
        {
            double sum = bias[output];
            for (var i = 0; i < inputs; i++)
                sum += x.Floats[row * xStride + i] * (double)Kept(weights[output * inputs + i], type);
            return sum;
        }

        for (var row = 0; row < rows; row++)
        {
            for (var output = 0; output < matrix.Outputs; output++)
            {
                var expected = Sum(row, output) + (use == ProductUse.Add ? start[row * yStride + output] : 0);
                if (gated)
                    expected = expected / (1 + Math.Exp(-expected)) * Sum(row, matrix.Outputs + output);
                Assert.Equal(expected, y.Floats[row * yStride + output], 2e-5);
            }
        }
    }

    private static float Kept(float value, WeightType type) =>
        type == WeightType.F32 ? value : (float)BitConverter.UInt32BitsToSingle((BitConverter.SingleToUInt32Bits(value) + 0x7FFF + ((BitConverter.SingleToUInt32Bits(value) >> 16) & 1)) & 0xFFFF0000);
}
