using Puzzle.Core.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Core.Tests.Models;

/// <summary>Products by oneDNN against the same in float64; where the processor lacks the wide loops both ways are the same.</summary>
[Collection(AloneCollection.Name)]
public sealed class ProductsTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(128, 576, 1536)]
    [InlineData(257, 96, 300)]
    [InlineData(1030, 1536, 576)]
    public void Equal_those_in_double_precision(int rows, int inputs, int outputs)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Operators.RmsNorm(ones(1, 1), ones(1), 1e-6);
        manual_seed(3);
        // Views: rows of a larger matrix, weights and buffers that begin amid another.
        var x = randn(rows, inputs + 7).narrow(1, 3, inputs);
        var w = randn(outputs + 5, inputs).narrow(0, 2, outputs);
        var bias = randn(outputs);
        var g = randn(rows, outputs);
        var into = ones(rows, outputs + 9).narrow(1, 4, outputs);
        var back = ones(rows, inputs + 9).narrow(1, 4, inputs);
        var sum = ones(outputs, inputs + 9).narrow(1, 4, inputs);
        Products.LinearInto(x, w, into);
        Products.BackInto(g, w, back);
        Products.AddOuter(g, x, sum);
        var worst = new (string Name, Tensor Is, Tensor Wanted)[]
        {
            ("linear", Products.Linear(x, w, bias), Exact(x).matmul(Exact(w).t()) + bias),
            ("linear, into", into, Exact(x).matmul(Exact(w).t())),
            ("back", Products.Back(g, w), Exact(g).matmul(Exact(w))),
            ("back, into", back, Exact(g).matmul(Exact(w))),
            ("outer", Products.Outer(g, x), Exact(g).t().matmul(Exact(x))),
            ("outer, added", sum, Exact(g).t().matmul(Exact(x)) + 1),
        }.Max(product =>
        {
            var error = ((product.Is - product.Wanted).abs().max() / product.Wanted.abs().max()).item<double>();
            Assert.True(error < 2e-6, $"{product.Name}: {error}");
            return error;
        });
        output.WriteLine($"wide loops: {Products.Wide}; largest relative error {worst:E1}");

        static Tensor Exact(Tensor x) => x.to(ScalarType.Float64);
    }

    [Fact]
    public void Gradients_are_those_of_libtorch_and_no_memory_stays()
    {
        Operators.RmsNorm(ones(1, 1), ones(1), 1e-6);
        manual_seed(4);
        using var x = randn(4, 96, 128, requires_grad: true);
        using var w = randn(384, 128, requires_grad: true);
        using var bias = randn(384, requires_grad: true);
        var (own, libtorch) = (Gradients(Products.Linear), Gradients((x, w, bias) => nn.functional.linear(x, w, bias)));
        foreach (var (a, b) in own.Zip(libtorch))
            Assert.True(((a - b).abs().max() / b.abs().max()).item<float>() < 2e-6);
        for (var i = 0; i < 100; i++)
            Array.ForEach(Gradients(Products.Linear), gradient => gradient.Dispose());
        var before = Resident();
        for (var i = 0; i < 1000; i++)
            Array.ForEach(Gradients(Products.Linear), gradient => gradient.Dispose());
        var grown = Resident() - before;
        output.WriteLine($"1,000 passes of 0.6 MiB of saved tensors: {grown >> 20} MiB more resident");
        Assert.True(grown < 64 << 20);

        Tensor[] Gradients(Func<Tensor, Tensor, Tensor?, Tensor> linear)
        {
            using var scope = NewDisposeScope();
            var y = linear(x, w, bias);
            y.square().sum().backward();
            Tensor[] gradients = [.. new[] { x, w, bias }.Select(leaf => leaf.grad!.clone().DetachFromDisposeScope())];
            foreach (var leaf in new[] { x, w, bias })
                leaf.grad!.zero_();
            return gradients;
        }
    }

    [Fact]
    public void A_frozen_side_gets_no_gradient()
    {
        using var scope = NewDisposeScope();
        Operators.RmsNorm(ones(1, 1), ones(1), 1e-6);
        var (x, w) = (randn(256, 128), randn(256, 128, requires_grad: true));
        Products.Linear(x, w).sum().backward();
        Assert.Null(x.grad);
        Assert.NotNull(w.grad);
        var (y, frozen) = (randn(256, 128, requires_grad: true), randn(256, 128));
        Products.Linear(y, frozen).sum().backward();
        Assert.NotNull(y.grad);
        Assert.Null(frozen.grad);
    }

    private static long Resident()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return Environment.WorkingSet;
    }
}
