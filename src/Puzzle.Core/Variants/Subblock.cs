using Puzzle.Core.Models;
using static TorchSharp.torch;

namespace Puzzle.Core.Variants;

/// <summary>A subblock with weights: adds something to the residual stream, or nothing.</summary>
public abstract class Subblock : IDisposable
{
    /// <summary>What it is.</summary>
    public abstract SubblockSpec Spec { get; }

    /// <summary>Its weights as they are kept (fused where that saves operations); empty for a no-op.</summary>
    public abstract IReadOnlyList<Tensor> Parameters { get; }

    /// <summary>Its weights under Hugging Face names relative to the layer (<c>self_attn.q_proj.weight</c>); views, not copies.</summary>
    public abstract IEnumerable<KeyValuePair<string, Tensor>> Named();

    /// <summary>What it adds to the residual stream x [B, T, D]: [B, T, D], or null for a no-op.</summary>
    public abstract Tensor? Delta(Tensor x_BTD, ForwardContext context, int layer);

    /// <summary>A copy with weights of its own.</summary>
    public abstract Subblock Clone();

    /// <summary>How many numbers its weights are, its norm included.</summary>
    public long ParameterCount => Parameters.Sum(parameter => parameter.numel());

    /// <summary>Makes all weights trainable or not.</summary>
    public void RequireGrad(bool value)
    {
        foreach (var parameter in Parameters)
            parameter.requires_grad = value;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var parameter in Parameters)
            parameter.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>An owned copy, detached from autograd and from the running dispose scope.</summary>
    protected static Tensor Copy(Tensor tensor) => tensor.detach().clone().DetachFromDisposeScope();

    /// <summary>The same for a weight that may be absent.</summary>
    protected static Tensor? CopyOrNull(Tensor? tensor) => tensor is null ? null : Copy(tensor);
}
