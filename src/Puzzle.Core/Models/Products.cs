using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Core.Models;

// M rows, K inputs, N outputs

/// <summary>
/// Matrix products of training and scoring. libtorch's own go to MKL, which keeps to 256-bit vectors on AMD's processors; the
/// oneDNN that libtorch carries has 512-bit loops for convolutions and inner products, and a product is a convolution of width
/// one. Where both are there (AMD with AVX-512), products of some size take that way, about twice as fast; all else goes the
/// usual way. Which way depends on processor and shape alone, so that results repeat.
/// </summary>
public static class Products
{
    // Below this a product is done before oneDNN has looked up its loops.
    private const long LeastRows = 128;
    private const long LeastSide = 64;
    private const long LeastOperations = 1 << 22;

    /// <summary>Whether products of some size take oneDNN's 512-bit loops. Tests and benchmarks turn it off to compare.</summary>
    public static bool Wide { get; set; } = Vector512.IsHardwareAccelerated && IsAmd();

    /// <summary>x wᵀ + bias: [..., N] of x [..., K] and w [N, K]. Keeps autograd.</summary>
    public static Tensor Linear(Tensor x, Tensor w_NK, Tensor? bias_N = null)
    {
        if (!Fits(x, w_NK, x.NumberOfElements / Math.Max(1, w_NK.shape[1]), w_NK.shape[1], w_NK.shape[0]))
            return nn.functional.linear(x, w_NK, bias_N);
        if (!is_grad_enabled() || !(x.requires_grad || w_NK.requires_grad || bias_N is { requires_grad: true }))
            return Operators.WideLinear(x, w_NK, bias_N);
        var y = WideLinear.apply(x, w_NK);
        return bias_N is null ? y : y + bias_N;
    }

    /// <summary>Writes x wᵀ [M, N] into a view of a buffer. No autograd.</summary>
    public static void LinearInto(Tensor x_MK, Tensor w_NK, Tensor into_MN)
    {
        if (Fits(x_MK, w_NK, x_MK.shape[0], w_NK.shape[1], w_NK.shape[0]))
            Operators.WideLinearInto(x_MK, w_NK, into_MN);
        else
            Operators.ProductInto(x_MK, w_NK.t(), into_MN);
    }

    /// <summary>g w: [M, K] of g [M, N] and w [N, K], a gradient's way back through <see cref="Linear"/>. No autograd.</summary>
    public static Tensor Back(Tensor g_MN, Tensor w_NK) =>
        Fits(g_MN, w_NK, g_MN.shape[0], w_NK.shape[1], w_NK.shape[0]) ? Operators.WideLinear(g_MN, w_NK.t(), null) : g_MN.matmul(w_NK);

    /// <summary>Writes g w [M, K] into a view of a buffer. No autograd.</summary>
    public static void BackInto(Tensor g_MN, Tensor w_NK, Tensor into_MK)
    {
        if (Fits(g_MN, w_NK, g_MN.shape[0], w_NK.shape[1], w_NK.shape[0]))
            Operators.WideLinearInto(g_MN, w_NK.t(), into_MK);
        else
            Operators.ProductInto(g_MN, w_NK, into_MK);
    }

    /// <summary>Adds gᵀ x [N, K] of g [M, N] and x [M, K] to a matrix: the gradient of weights. No autograd.</summary>
    public static void AddOuter(Tensor g_MN, Tensor x_MK, Tensor into_NK)
    {
        if (Fits(g_MN, x_MK, g_MN.shape[0], x_MK.shape[1], g_MN.shape[1]))
            Operators.AddWideOuter(g_MN, x_MK, into_NK);
        else
            Operators.AddProduct(g_MN.t(), x_MK, into_NK);
    }

    /// <summary>gᵀ x: [N, K]. No autograd.</summary>
    public static Tensor Outer(Tensor g_MN, Tensor x_MK)
    {
        if (!Fits(g_MN, x_MK, g_MN.shape[0], x_MK.shape[1], g_MN.shape[1]))
            return g_MN.t().matmul(x_MK);
        var into = zeros(g_MN.shape[1], x_MK.shape[1]);
        Operators.AddWideOuter(g_MN, x_MK, into);
        return into;
    }

    private static bool Fits(Tensor a, Tensor b, long rows, long inputs, long outputs) =>
        Wide && rows >= LeastRows && inputs >= LeastSide && outputs >= LeastSide && rows * inputs * outputs >= LeastOperations
        && a.dtype == ScalarType.Float32 && b.dtype == ScalarType.Float32 && a.device_type == DeviceType.CPU && b.device_type == DeviceType.CPU;

    private static bool IsAmd()
    {
        if (!X86Base.IsSupported)
            return false;
        var (_, b, c, d) = X86Base.CpuId(0, 0);
        return (b, d, c) == (0x68747541, 0x69746E65, 0x444D4163);
    }

    private sealed class WideLinear : autograd.SingleTensorFunction<WideLinear>
    {
        public override string Name => nameof(WideLinear);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var (x, w_NK) = ((Tensor)vars[0], (Tensor)vars[1]);
            ctx.save_for_backward([x, w_NK]);
            return Operators.WideLinear(x, w_NK, null);
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            using var noGrad = no_grad();
            var saved = ctx.get_saved_variables();
            var (x, w_NK) = (saved[0], saved[1]);
            var g_MN = grad_output.reshape(-1, w_NK.shape[0]);
            return [x.requires_grad ? Back(g_MN, w_NK).view(x.shape) : null!, w_NK.requires_grad ? Outer(g_MN, x.reshape(-1, w_NK.shape[1])) : null!];
        }
    }
}
