using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Core.Models;

/// <summary>
/// ATen operators that TorchSharp does not bind, reached through TorchScript, and small fused compositions that would
/// otherwise cost several managed calls each. All keep autograd.
/// </summary>
public static class Operators
{
    private const string Source = """
        def rms_norm(x: Tensor, w: Tensor, eps: float) -> Tensor:
            return torch.rms_norm(x, [x.size(-1)], w, eps)

        def embedding(w: Tensor, ids: Tensor) -> Tensor:
            return torch.embedding(w, ids)

        def swiglu(gate_up: Tensor) -> Tensor:
            parts = torch.chunk(gate_up, 2, -1)
            return torch.silu(parts[0]) * parts[1]

        def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
            half = x.size(-1) // 2
            turned = torch.cat([-x[..., half:], x[..., :half]], -1)
            return x * cos + turned * sin

        def attend_causal(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            return torch.scaled_dot_product_attention(q, k, v, None, 0.0, True, scale=None, enable_gqa=True)

        def attend_masked(q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
            return torch.scaled_dot_product_attention(q, k, v, mask, 0.0, False, scale=None, enable_gqa=True)

        def attend_all(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            return torch.scaled_dot_product_attention(q, k, v, None, 0.0, False, scale=None, enable_gqa=True)

        def adamw(p: List[Tensor], g: List[Tensor], m: List[Tensor], v: List[Tensor], step: List[Tensor],
                  lr: float, beta1: float, beta2: float, decay: float, eps: float) -> None:
            torch._fused_adamw_(p, g, m, v, [], step, lr=lr, beta1=beta1, beta2=beta2, weight_decay=decay, eps=eps, amsgrad=False, maximize=False)

        def norm_of(g: List[Tensor]) -> Tensor:
            return torch.linalg_vector_norm(torch.stack(torch._foreach_norm(g, 2)))

        def scale_all(g: List[Tensor], by: float) -> None:
            torch._foreach_mul_(g, by)

        def zero_all(g: List[Tensor]) -> None:
            torch._foreach_zero_(g)

        def norms(g: List[Tensor]) -> Tensor:
            return torch.stack(torch._foreach_norm(g, 2))

        def product_into(a: Tensor, b: Tensor, out: Tensor) -> None:
            torch.mm(a, b, out=out)

        def add_product(a: Tensor, b: Tensor, into: Tensor) -> None:
            into.addmm_(a, b)

        def wide_linear(x: Tensor, w: Tensor, bias: Optional[Tensor]) -> Tensor:
            n, k = w.size(0), w.size(1)
            rows = x.reshape([-1, k]).contiguous()
            m = rows.size(0)
            image = rows.as_strided([1, k, m, 1], [m * k, 1, k, k])
            kernel = w.contiguous().as_strided([n, k, 1, 1], [k, 1, k, k])
            y = torch.mkldnn_convolution(image, kernel, bias, [0, 0], [1, 1], [1, 1], 1)
            return y.permute([0, 2, 3, 1]).reshape(x.size()[:-1] + [n])

        def wide_linear_into(x: Tensor, w: Tensor, into: Tensor) -> None:
            n = w.size(0)
            at = 0
            while at < n:
                count = min(512, n - at)
                into[:, at:at + count].copy_(wide_linear(x, w[at:at + count], None))
                at += count

        def add_wide_outer(g: Tensor, x: Tensor, into: Tensor) -> None:
            n = g.size(1)
            dense = x.to_mkldnn()
            at = 0
            while at < n:
                count = min(512, n - at)
                part = into[at:at + count]
                part.add_(torch.mkldnn_linear_backward_weights(g[:, at:at + count].to_mkldnn(), dense, part, False)[0])
                at += count

        def swiglu_forward(gate: Tensor, up: Tensor, silu: Tensor, z: Tensor) -> None:
            torch.silu(gate, out=silu)
            torch.mul(silu, up, out=z)

        def swiglu_backward(dz: Tensor, gate: Tensor, up: Tensor, silu: Tensor, dgate: Tensor, dup: Tensor) -> None:
            torch.mul(dz, silu, out=dup)
            torch.mul(dz, up, out=silu)
            torch.silu_backward(silu, gate, grad_input=dgate)
        """;

    private static readonly Lazy<jit.CompilationUnit> s_unit = new(() =>
    {
        Runtime.Libtorch.Load();
        _ = Runtime.Libtorch.FixScripts();
        return jit.compile(Source + "\n");
    });

    /// <summary>x / rms(x) * w over the last dimension.</summary>
    public static Tensor RmsNorm(Tensor x, Tensor weight, double eps) => Call("rms_norm", x, weight, Held.Number(eps));

    /// <summary>Rows of the table [V, D] at ids [B, T]: [B, T, D].</summary>
    public static Tensor Embedding(Tensor table, Tensor ids) => Call("embedding", table, ids);

    /// <summary>silu(gate) * up, of [..., 2 W] halves, gate first.</summary>
    public static Tensor SwiGlu(Tensor gateUp) => Call("swiglu", gateUp);

    /// <summary>RoPE on halves (Hugging Face's order); cos and sin broadcast against x [B, heads, T, head_dim].</summary>
    public static Tensor Rotate(Tensor x, Tensor cos, Tensor sin) => Call("rotate", x, cos, sin);

    /// <summary>Causal attention over equally long q [B, N, T, H] and k, v [B, K, T, H], K dividing N.</summary>
    public static Tensor AttendCausal(Tensor q, Tensor k, Tensor v) => Call("attend_causal", q, k, v);

    /// <summary>Attention where <paramref name="mask"/> (bool, broadcast to [B, N, T, S]) is true.</summary>
    public static Tensor AttendMasked(Tensor q, Tensor k, Tensor v, Tensor mask) => Call("attend_masked", q, k, v, mask);

    /// <summary>Attention of every query to every key (one new token against an unpadded cache).</summary>
    public static Tensor AttendAll(Tensor q, Tensor k, Tensor v) => Call("attend_all", q, k, v);

    /// <summary>One fused AdamW step over all tensors; <paramref name="steps"/> are float32 scalars that count from 1.</summary>
    public static void AdamW(Tensor[] parameters, Tensor[] gradients, Tensor[] m, Tensor[] v, Tensor[] steps, double learningRate, double beta1, double beta2, double weightDecay, double eps) =>
        Invoke("adamw", parameters, gradients, m, v, steps, Held.Number(learningRate), Held.Number(beta1), Held.Number(beta2), Held.Number(weightDecay), Held.Number(eps));

    /// <summary>The Euclidean norm of all tensors together.</summary>
    public static Tensor NormOf(Tensor[] tensors) => Call("norm_of", [tensors]);

    /// <summary>Multiplies all tensors in place.</summary>
    public static void ScaleAll(Tensor[] tensors, double factor) => Invoke("scale_all", tensors, Held.Number(factor));

    /// <summary>Sets all tensors to zero in place.</summary>
    public static void ZeroAll(Tensor[] tensors) => Invoke("zero_all", [tensors]);

    /// <summary>The Euclidean norm of each tensor: [count].</summary>
    public static Tensor Norms(Tensor[] tensors) => Call("norms", [tensors]);

    /// <summary>a b of matrices, written into a view of a buffer.</summary>
    public static void ProductInto(Tensor a, Tensor b, Tensor into) => Invoke("product_into", a, b, into);

    /// <summary>Adds a b to a matrix in place.</summary>
    public static void AddProduct(Tensor a, Tensor b, Tensor into) => Invoke("add_product", a, b, into);

    /// <summary>x wᵀ + bias by oneDNN: see <see cref="Products"/>, which says when. No autograd.</summary>
    internal static Tensor WideLinear(Tensor x, Tensor w, Tensor? bias) => Call("wide_linear", x, w, bias!);

    /// <summary>x wᵀ of matrices by oneDNN, written into a view of a buffer.</summary>
    internal static void WideLinearInto(Tensor x, Tensor w, Tensor into) => Invoke("wide_linear_into", x, w, into);

    /// <summary>Adds gᵀ x by oneDNN to a matrix in place.</summary>
    internal static void AddWideOuter(Tensor g, Tensor x, Tensor into) => Invoke("add_wide_outer", g, x, into);

    /// <summary>z = silu(gate) * up into buffers; silu(gate) is kept for <see cref="SwiGluBackward"/>. No autograd.</summary>
    public static void SwiGluForward(Tensor gate, Tensor up, Tensor silu, Tensor z) => Invoke("swiglu_forward", gate, up, silu, z);

    /// <summary>The gradients of gate and up from that of z; overwrites <paramref name="silu"/>.</summary>
    public static void SwiGluBackward(Tensor dz, Tensor gate, Tensor up, Tensor silu, Tensor dGate, Tensor dUp) => Invoke("swiglu_backward", dz, gate, up, silu, dGate, dUp);

    // Numbers go in as held scalars: the wrapper would make its own from plain ones (see Held).
    private static Tensor Call(string name, params object[] arguments)
    {
        var result = s_unit.Value.invoke<Tensor>(name, arguments);
        GC.KeepAlive(arguments);
        return result;
    }

    private static void Invoke(string name, params object[] arguments)
    {
        _ = s_unit.Value.invoke(name, arguments);
        GC.KeepAlive(arguments);
    }
}
