using Puzzle.Core.Checkpoints;
using Puzzle.Core.Distillation;
using Puzzle.Core.Initialisation;
using Puzzle.Core.Models;
using Puzzle.Core.Stitching;
using Puzzle.Core.Variants;
using Puzzle.Core.Variants.Linear;
using Puzzle.Core.Variants.SwiGlu;
using static TorchSharp.torch;

namespace Puzzle.Core.Export;

// W windows, T tokens a window, D hidden, R width of the network that takes a linear one's place

/// <summary>
/// Puts SwiGLU networks in the place of linear feed-forward networks, for engines that have no linear ones. A gate whose weights
/// are zero and whose bias c has silu(c) = 1 lets the rest through, so a network as wide as the hidden size is the linear one
/// exactly. A narrower one keeps the directions in which the linear one's output varies most, and then learns to do what it does.
/// </summary>
public static class LinearNetworks
{
    private const double SiluIsOne = 1.2784645427610738;
    private const int RowBlock = 32;
    private const int Passes = 4;

    /// <summary>The width at which a SwiGLU has as many parameters as a linear network, in whole blocks of quantised rows.</summary>
    public static int DefaultWidth(ModelConfig config) => Math.Min(config.HiddenSize, (config.HiddenSize + 3 * RowBlock - 1) / (3 * RowBlock) * RowBlock);

    /// <summary>Whether a model has linear feed-forward networks.</summary>
    public static bool AreIn(ModelConfig config) => config.Layers.Any(layer => layer.FeedForward is LinearFeedForwardSpec);

    /// <summary>Writes a model's folder with SwiGLU networks instead of linear ones.</summary>
    /// <param name="child">The model's folder or file.</param>
    /// <param name="folder">Where to; tokenizer included.</param>
    /// <param name="ids_WT">Text to learn from; the last eighth judges.</param>
    /// <param name="width">Of the new networks; null: <see cref="DefaultWidth"/>.</param>
    /// <param name="counts_WT">1 for a token, 0 for padding; null: no padding.</param>
    /// <param name="cancellation">Stops between steps.</param>
    public static LinearReplacement WriteFolder(string child, string folder, Tensor ids_WT, int? width = null, Tensor? counts_WT = null, CancellationToken cancellation = default)
    {
        using var source = CheckpointFile.Open(child);
        using var model = ModelLoader.Load(source);
        var (converted, replacement) = Replace(model, ids_WT, width, counts_WT, cancellation);
        using (converted)
            ChildFiles.Write(folder, converted, source, ChildFiles.TypeOf(source));
        return replacement;
    }

    /// <summary>The model with weights of its own and without linear feed-forward networks; all its networks have biases, zero where there were none.</summary>
    public static (Transformer Model, LinearReplacement Replacement) Replace(Transformer child, Tensor ids_WT, int? width = null, Tensor? counts_WT = null, CancellationToken cancellation = default)
    {
        var networks = new List<ReplacedNetwork>();
        var copy = child.Clone();
        using (var activations = new ParentActivations(child, ids_WT, counts_WT))
        {
            do
            {
                var layer = activations.Layer;
                var old = copy.Blocks[layer].FeedForward;
                switch (old)
                {
                    case LinearSubblock:
                        var distilled = Distil(child, activations, Math.Min(width ?? DefaultWidth(child.Config), child.Config.HiddenSize), cancellation);
                        copy.Replace(layer, distilled.Subblock);
                        networks.Add(new(layer, ((SwiGluSpec)distilled.Subblock.Spec).IntermediateSize, distilled.Before, distilled.After));
                        old.Dispose();
                        break;
                    case SwiGluFeedForward { GateUpBias: null } network:
                        copy.Replace(layer, WithBiases(network, child.Config.RmsNormEps));
                        break;
                }
            }
            while (activations.Advance());
        }

        var model = new Transformer(copy.Config with { MlpBias = true }, copy.Embedding, copy.FinalNorm, copy.Head, copy.Blocks);
        var held = Math.Clamp(ids_WT.shape[0] / 8, 1, 4);
        using var held_WT = ids_WT.narrow(0, ids_WT.shape[0] - held, held);
        return (model, new(networks, FfnFusion.Effect(child, model, held_WT)));
    }

    private static DistilledVariant Distil(Transformer child, ParentActivations activations, int width, CancellationToken cancellation)
    {
        StartedVariant started;
        using (var statistics = new SubblockStatistics(SubblockKind.FeedForward, child.Config, activations, perToken: true, heldOut: 0.125))
            started = new(activations.Layer, Start((LinearSubblock)child.Blocks[activations.Layer].FeedForward, statistics, width), "outputs", new Dictionary<string, double>());
        return BlockDistiller.Distill(
            child,
            activations,
            [started],
            new DistillOptions { PerToken = true, Tokens = Passes * activations.Input_WTD.shape[0] * activations.Input_WTD.shape[1], EvaluateEvery = 25, Patience = 8, GoodEnough = 1e-6 },
            cancellation: cancellation)[0];
    }

    // W n projected on the leading directions of its own covariance: the best linear map of that rank.
    private static SwiGluFeedForward Start(LinearSubblock linear, SubblockStatistics statistics, int width)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var gram = statistics.Gather(linear.Norm, normal => normal);
        var weight_DD = linear.Weight.to(ScalarType.Float64);
        var (_, directions_DD) = linalg.eigh(weight_DD.matmul(gram.Fit.Features).matmul(weight_DD.t()));
        var down_DR = directions_DD.narrow(1, directions_DD.shape[1] - width, width);
        var up_RD = down_DR.t().matmul(weight_DD).to(ScalarType.Float32);
        var hidden = up_RD.shape[1];
        return new SwiGluFeedForward(
            statistics.Config.RmsNormEps,
            linear.Norm.detach().clone().DetachFromDisposeScope(),
            cat([zeros_like(up_RD), up_RD]).DetachFromDisposeScope(),
            down_DR.to(ScalarType.Float32).contiguous().DetachFromDisposeScope(),
            cat([full([width], Held.Number(SiluIsOne), ScalarType.Float32), zeros([width])]).DetachFromDisposeScope(),
            zeros([hidden]).DetachFromDisposeScope());
    }

    private static SwiGluFeedForward WithBiases(SwiGluFeedForward network, double eps) => new(
        eps, network.Norm, network.GateUp, network.Down, zeros([network.GateUp.shape[0]]).DetachFromDisposeScope(), zeros([network.Down.shape[0]]).DetachFromDisposeScope());
}
