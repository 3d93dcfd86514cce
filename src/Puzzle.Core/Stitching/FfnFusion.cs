using Puzzle.Core.Models;
using Puzzle.Core.Variants;
using Puzzle.Core.Variants.NoOp;
using Puzzle.Core.Variants.SwiGlu;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Core.Stitching;

// D hidden, F intermediate size

/// <summary>
/// Merges runs of layers without attention into one wide layer each (FFN Fusion, arXiv 2503.18908): the layers of a run
/// then read the same input instead of each other's output, and run as one product. Each layer's norm is folded into its
/// matrices exactly. The last layer of a run stays by itself: it is the one that bears this worst.
/// </summary>
public static class FfnFusion
{
    /// <summary>Runs of layers that become one: first and last, both inside.</summary>
    public static IReadOnlyList<(int First, int Last)> Runs(ModelConfig config)
    {
        List<(int, int)> runs = [];
        for (var first = 0; first < config.Layers.Count; first++)
        {
            var end = first;
            while (end < config.Layers.Count && config.Layers[end] is { Attention: NoOpAttentionSpec, FeedForward: SwiGluSpec or NoOpFeedForwardSpec })
                end++;
            var wide = Enumerable.Range(first, end - first).Where(layer => config.Layers[layer].FeedForward is SwiGluSpec).ToList();
            // Two to merge, and one that stays.
            if (wide.Count >= 3)
                runs.Add((wide[0], wide[^2]));
            first = Math.Max(first, end);
        }

        return runs;
    }

    /// <summary>The fused model, with weights of its own and fewer layers; the same function as the child where there is nothing to merge.</summary>
    public static Transformer Fuse(Transformer child)
    {
        using var noGrad = no_grad();
        var runs = Runs(child.Config);
        using var copy = child.Clone();
        var blocks = new List<Block>();
        for (var layer = 0; layer < copy.Blocks.Count; layer++)
        {
            var run = runs.FirstOrDefault(run => run.First == layer, (First: -1, Last: -1));
            if (run.First < 0)
            {
                blocks.Add(copy.Blocks[layer]);
                continue;
            }

            blocks.Add(new Block(new NoOpSubblock(SubblockKind.Attention), Merge([.. copy.Blocks.Skip(run.First).Take(run.Last - run.First + 1).Select(block => block.FeedForward).OfType<SwiGluFeedForward>()], child.Config.RmsNormEps)));
            layer = run.Last;
        }

        using var fused = new SharedModel(copy, blocks);
        return fused.Model.Clone();
    }

    /// <summary>One network that computes the sum of several of the same input.</summary>
    public static SwiGluFeedForward Merge(IReadOnlyList<SwiGluFeedForward> parts, double eps)
    {
        using var scope = NewDisposeScope();
        List<Tensor> gates = [], ups = [], downs = [], gateBiases = [], upBiases = [];
        Tensor? downBias = null;
        foreach (var part in parts)
        {
            var width = part.Down.shape[1];
            var folded_2FD = part.GateUp.detach() * part.Norm.detach();
            gates.Add(folded_2FD.narrow(0, 0, width));
            ups.Add(folded_2FD.narrow(0, width, width));
            downs.Add(part.Down.detach());
            if (part.GateUpBias is { } bias)
            {
                gateBiases.Add(bias.detach().narrow(0, 0, width));
                upBiases.Add(bias.detach().narrow(0, width, width));
            }

            if (part.DownBias is { } last)
                downBias = downBias is null ? last.detach().clone() : downBias + last.detach();
        }

        return new SwiGluFeedForward(
            eps,
            ones_like(parts[0].Norm.detach()).DetachFromDisposeScope(),
            cat([.. gates, .. ups], 0).DetachFromDisposeScope(),
            cat([.. downs], 1).DetachFromDisposeScope(),
            gateBiases.Count > 0 ? cat([.. gateBiases, .. upBiases], 0).DetachFromDisposeScope() : null,
            downBias?.DetachFromDisposeScope());
    }

    /// <summary>Mean divergence in nats a token of the fused model from the child: what the merging costs before any training.</summary>
    /// <param name="ids_BT">Token ids.</param>
    public static double Effect(Transformer child, Transformer fused, Tensor ids_BT)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var (ours, theirs) = (nn.functional.log_softmax(child.Forward(ids_BT), -1), nn.functional.log_softmax(fused.Forward(ids_BT), -1));
        return (ours.exp() * (ours - theirs)).sum(-1).mean().item<float>();
    }

    /// <summary>A model of a copy's tensors and merged blocks; only the merged ones are its own.</summary>
    private sealed class SharedModel(Transformer copy, IReadOnlyList<Block> blocks) : IDisposable
    {
        public Transformer Model { get; } = new(copy.Config, copy.Embedding, copy.FinalNorm, copy.Head, blocks);

        public void Dispose()
        {
            foreach (var parameter in blocks.Where(block => !copy.Blocks.Contains(block)).SelectMany(block => block.FeedForward.Parameters))
                parameter.Dispose();
        }
    }
}
