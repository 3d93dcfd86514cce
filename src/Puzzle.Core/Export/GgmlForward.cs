using Puzzle.Core.Checkpoints;
using Puzzle.Core.Models;
using Puzzle.Core.Variants;
using Puzzle.Core.Variants.GroupedQuery;
using Puzzle.Core.Variants.Linear;
using Puzzle.Core.Variants.SwiGlu;
using static TorchSharp.torch;

namespace Puzzle.Core.Export;

// B batch, T tokens, D hidden, V vocabulary

/// <summary>
/// A model as ggml computes it from a file. On processors ggml does not widen the weights of a product; it rounds the other side
/// to what goes with them (F16 to F16, BF16 to BF16, Q8_0 and Q4_0 to blocks of 8 bits) and sums in float32. Norms, attention
/// scores (with a float32 cache) and the residual stream are float32. An engine that runs the file is held against this: what
/// then differs is the order of sums, not the precision.
/// </summary>
public static class GgmlForward
{
    private const int BlockSize = 32;
    private const double Steps = 127;

    /// <summary>Log-probabilities of all tokens: [B, T, V].</summary>
    /// <param name="model">With the weights that the file holds.</param>
    /// <param name="type">How the file stores matrices.</param>
    /// <param name="ids_BT">Token ids.</param>
    public static Tensor LogProbabilities(Transformer model, StoredType type, Tensor ids_BT)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var context = model.Begin(ids_BT.shape[0], ids_BT.shape[1]);
        var eps = model.Config.RmsNormEps;
        var x_BTD = model.Embed(ids_BT);
        for (var layer = 0; layer < model.Blocks.Count; layer++)
        {
            foreach (var subblock in new[] { model.Blocks[layer].Attention, model.Blocks[layer].FeedForward })
            {
                if (Delta(subblock, x_BTD) is { } delta)
                    x_BTD += delta;
            }

            Tensor? Delta(Subblock subblock, Tensor x) => subblock switch
            {
                GroupedQueryAttention attention => Product(
                    attention.HeadsOf(Product(Operators.RmsNorm(x, attention.Norm, eps), attention.Qkv, attention.QkvBias), context, layer), attention.Output, attention.OutputBias),
                SwiGluFeedForward network => Product(
                    Operators.SwiGlu(Product(Operators.RmsNorm(x, network.Norm, eps), network.GateUp, network.GateUpBias)), network.Down, network.DownBias),
                LinearSubblock linear => Product(Operators.RmsNorm(x, linear.Norm, eps), linear.Weight, null),
                _ => subblock.Delta(x, context, layer),
            };
        }

        return nn.functional.log_softmax(Product(model.Normalise(x_BTD), model.Head, null), -1).MoveToOuterDisposeScope();

        Tensor Product(Tensor x, Tensor weight, Tensor? bias) => nn.functional.linear(Round(x, type), weight, bias);
    }

    // Rows that blocks do not divide are stored as F16, so their products are F16's.
    private static Tensor Round(Tensor x, StoredType type) => type switch
    {
        StoredType.F32 => x,
        StoredType.BF16 => x.to(ScalarType.BFloat16).to(ScalarType.Float32),
        StoredType.Q8_0 or StoredType.Q4_0 when x.shape[^1] % BlockSize == 0 => EightBits(x),
        _ => x.to(ScalarType.Float16).to(ScalarType.Float32),
    };

    // The largest magnitude of a block becomes 127; its scale is kept in F16.
    private static Tensor EightBits(Tensor x)
    {
        var blocks = x.reshape(-1, BlockSize);
        var largest = blocks.abs().amax([1], keepdim: true);
        var scale = largest / Held.Number(Steps);
        var codes = (blocks / where(scale.eq(Held.Number(0L)), ones_like(scale), scale)).round();
        return (codes * scale.to(ScalarType.Float16).to(ScalarType.Float32)).reshape(x.shape);
    }
}
