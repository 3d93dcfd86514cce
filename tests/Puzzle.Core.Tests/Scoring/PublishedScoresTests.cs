using Puzzle.Core.Checkpoints;
using Puzzle.Core.Initialisation;
using Puzzle.Core.Models;
using Puzzle.Core.Scoring;
using Puzzle.Core.Text;
using Puzzle.Core.Variants;
using Puzzle.Core.Variants.NoOp;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Core.Tests.Scoring;

/// <summary>Scores of a real model's variants as NVIDIA's own tool computes them on the same tokens.</summary>
public class PublishedScoresTests
{
    private const int Windows = 64;
    private const int Length = 256;

    // Starts are fitted on three quarters of the windows: on the 64 that were used there.
    private const int CalibrationWindows = 86;

    [Fact]
    public void Variants_without_choice_score_as_published()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var parent = Parent(out var tokenizer);
        using var scorer = Scorer(parent, tokenizer);
        Assert.Equal(3.542770, scorer.Unchanged.LmLoss, 2e-5);
        Assert.Equal(0.2822, Accuracy(parent, tokenizer), 1e-4);
        (double Kl, double Lm)[] feedForward = [(8.315013, 11.579709), (1.062693, 4.548793)];
        (double Kl, double Lm)[] attention = [(3.432385, 6.809978), (2.129258, 5.316025)];
        (double Kl, double Lm)[] both = [(8.830031, 12.085700), (2.221346, 5.427681)];
        for (var layer = 0; layer < 2; layer++)
        {
            var noAttention = new NoOpSubblock(SubblockKind.Attention);
            var noFeedForward = new NoOpSubblock(SubblockKind.FeedForward);
            Same(attention[layer], scorer.Score(layer, noAttention));
            Same(feedForward[layer], scorer.Score(layer, noFeedForward));
            var pair = scorer.Score(layer, noAttention, noFeedForward);
            Same(both[layer], new SubblockScore(layer, noAttention.Spec, pair.Kl, pair.KlError, pair.LmLoss, pair.TopOneAgreement));
        }

        (int Layer, int Heads, double Kl, double Lm)[] pooled = [(0, 2, 2.065411, 5.535420), (0, 1, 3.358568, 6.786547), (1, 2, 1.069834, 4.459691), (1, 1, 1.793466, 5.097027)];
        foreach (var (layer, heads, kl, lm) in pooled)
        {
            using var variant = Start(parent, tokenizer, layer, new GroupedQuerySpec(heads), "mean_pool");
            Same((kl, lm), scorer.Score(layer, variant));
        }
    }

    private static void Same((double Kl, double Lm) published, SubblockScore score)
    {
        Assert.Equal(published.Kl, score.Kl, 1e-4 * published.Kl);
        Assert.Equal(published.Lm, score.LmLoss, 1e-4 * published.Lm);
    }

    private static Transformer Parent(out ITokenizer tokenizer)
    {
        var folder = Shared.Path("models", "tinystories-656K");
        tokenizer = Tokenizers.Load(folder);
        using var checkpoint = CheckpointFile.Open(folder);
        return ModelLoader.Load(checkpoint);
    }

    private static ReplaceOneBlock Scorer(Transformer parent, ITokenizer tokenizer)
    {
        var ids = Ids(tokenizer, "validation.txt", out var last);
        return new ReplaceOneBlock(parent, ids, last);
    }

    private static Tensor Ids(ITokenizer tokenizer, string file, out long next, int windows = Windows)
    {
        // Enough text for the tokens wanted, cut where a story ends.
        var text = File.ReadAllText(Shared.Path("text", "tinystories", file));
        var ids = tokenizer.Encode(text[..Math.Min(text.Length, 400_000)]);
        next = tokenizer.EosId ?? -1;
        return tensor(ids.Take(windows * Length).Select(id => (long)id).ToArray()).view(windows, Length);
    }

    private static double Accuracy(Transformer parent, ITokenizer tokenizer)
    {
        using var scope = NewDisposeScope();
        var ids = Ids(tokenizer, "validation.txt", out var last);
        var targets = cat([ids.flatten().narrow(0, 1, Windows * Length - 1), tensor(new[] { last })]);
        return parent.Logits(ReplaceOneBlock.Final(parent, ids)).flatten(0, 1).argmax(-1).eq(targets).to(ScalarType.Float64).mean().item<double>();
    }

    private static Subblock Start(Transformer parent, ITokenizer tokenizer, int layer, SubblockSpec spec, string start)
    {
        using var activations = new ParentActivations(parent, Ids(tokenizer, "train.txt", out _, CalibrationWindows));
        while (activations.Layer < layer)
            activations.Advance();
        return Initialiser.Start(parent, activations, [spec], start, perToken: false).Single().Subblock;
    }
}
