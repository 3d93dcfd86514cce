using Puzzle.Core.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Core.Variants.SwiGlu;

// B batch, T tokens, D hidden, F intermediate size

/// <summary>W_down (silu(W_gate n) * W_up n) on the normalised input, optional biases.</summary>
public sealed class SwiGluFeedForward : Subblock
{
    private readonly double _eps;

    /// <param name="eps">Of the norm.</param>
    /// <param name="norm">[D].</param>
    /// <param name="gateUp">[2 F, D]: gate rows, then up rows.</param>
    /// <param name="down">[D, F].</param>
    /// <param name="gateUpBias">[2 F] or null.</param>
    /// <param name="downBias">[D] or null.</param>
    public SwiGluFeedForward(double eps, Tensor norm, Tensor gateUp, Tensor down, Tensor? gateUpBias = null, Tensor? downBias = null)
    {
        _eps = eps;
        (Norm, GateUp, Down, GateUpBias, DownBias) = (norm, gateUp, down, gateUpBias, downBias);
        Parameters = [.. new[] { Norm, GateUp, Down, GateUpBias, DownBias }.OfType<Tensor>()];
        SwiGlu = new SwiGluSpec((int)down.shape[1]);
    }

    /// <inheritdoc/>
    public override SubblockSpec Spec => SwiGlu;

    /// <summary>The spec by its own type.</summary>
    public SwiGluSpec SwiGlu { get; }

    public Tensor Norm { get; }

    public Tensor GateUp { get; }

    public Tensor Down { get; }

    public Tensor? GateUpBias { get; }

    public Tensor? DownBias { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<Tensor> Parameters { get; }

    /// <inheritdoc/>
    public override Tensor? Delta(Tensor x_BTD, ForwardContext context, int layer) =>
        Products.Linear(Activations(Operators.RmsNorm(x_BTD, Norm, _eps)), Down, DownBias);

    /// <summary>silu(gate) * up of the normalised input: [..., F].</summary>
    public Tensor Activations(Tensor n_BTD) => Operators.SwiGlu(Products.Linear(n_BTD, GateUp, GateUpBias));

    /// <inheritdoc/>
    public override IEnumerable<KeyValuePair<string, Tensor>> Named()
    {
        var width = Down.shape[1];
        yield return new("post_attention_layernorm.weight", Norm);
        foreach (var (name, start) in new[] { ("gate", 0L), ("up", width) })
        {
            yield return new($"mlp.{name}_proj.weight", GateUp.narrow(0, start, width));
            if (GateUpBias is not null)
                yield return new($"mlp.{name}_proj.bias", GateUpBias.narrow(0, start, width));
        }

        yield return new("mlp.down_proj.weight", Down);
        if (DownBias is not null)
            yield return new("mlp.down_proj.bias", DownBias);
    }

    /// <inheritdoc/>
    public override Subblock Clone() =>
        new SwiGluFeedForward(_eps, Copy(Norm), Copy(GateUp), Copy(Down), CopyOrNull(GateUpBias), CopyOrNull(DownBias));
}
