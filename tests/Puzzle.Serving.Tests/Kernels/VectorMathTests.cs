using System.Runtime.Intrinsics;
using Puzzle.Serving.Kernels;

namespace Puzzle.Serving.Tests.Kernels;

public unsafe class VectorMathTests
{
    [Fact]
    public void PowersOfEAreRightToSevenDigits()
    {
        for (var x = -87f; x < 88; x += 0.0137f)
        {
            var exact = Math.Exp(x);
            Assert.InRange(Math.Abs(VectorMath.Exp(Vector512.Create(x))[5] - exact) / exact, 0, 3e-7);
        }

        Assert.Equal(0, VectorMath.Exp(Vector512.Create(float.NegativeInfinity))[0]);
        Assert.Equal(0, VectorMath.Exp(Vector512.Create(-1000f))[0]);
        Assert.True(float.IsFinite(VectorMath.Exp(Vector512.Create(1000f))[0]));
    }

    [Fact]
    public void TheFirstOfTheLargestIsFound()
    {
        var random = new Random(5);
        for (var trial = 0; trial < 500; trial++)
        {
            var values = Enumerable.Range(0, random.Next(1, 100)).Select(_ => (float)random.Next(-3, 4)).ToArray();
            fixed (float* first = values)
                Assert.Equal(Array.IndexOf(values, values.Max()), VectorMath.IndexOfLargest(first, values.Length));
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(20)]
    [InlineData(96)]
    public void NormsAndRotationsAreTheirFormulas(int count)
    {
        var random = new Random(count);
        float[] Draw(int n) => [.. Enumerable.Range(0, n).Select(_ => (float)(2 * random.NextDouble() - 1))];
        var (x, weight, y, angles) = (Draw(count), Draw(count), new float[count], Draw(count / 2));
        fixed (float* a = x, w = weight, b = y, c = angles.Select(MathF.Cos).ToArray(), s = angles.Select(MathF.Sin).ToArray())
        {
            VectorMath.RmsNorm(a, w, b, count, 1e-5f);
            var rms = Math.Sqrt(x.Average(v => (double)v * v) + 1e-5);
            for (var i = 0; i < count; i++)
                Assert.Equal(x[i] / rms * weight[i], y[i], 1e-5);
            var before = x.ToArray();
            VectorMath.Rotate(a, c, s, count / 2, 0.5f);
            for (var i = 0; i < count / 2; i++)
            {
                Assert.Equal(0.5 * (before[i] * Math.Cos(angles[i]) - before[count / 2 + i] * Math.Sin(angles[i])), x[i], 1e-6);
                Assert.Equal(0.5 * (before[count / 2 + i] * Math.Cos(angles[i]) + before[i] * Math.Sin(angles[i])), x[count / 2 + i], 1e-6);
            }
        }
    }
}
