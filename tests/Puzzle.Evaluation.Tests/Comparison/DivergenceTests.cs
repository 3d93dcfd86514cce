using Puzzle.Core.Checkpoints;
using Puzzle.Core.Models;
using Puzzle.Core.Text;
using Puzzle.Core.Variants;
using Puzzle.Core.Variants.NoOp;
using Puzzle.Evaluation.Comparison;

namespace Puzzle.Evaluation.Tests.Comparison;

/// <summary>Expected numbers: an independent implementation of the method on the same model and text.</summary>
public class DivergenceTests
{
    [Theory]
    [InlineData(0, SubblockKind.FeedForward, 8.315013, 11.579709)]
    [InlineData(1, SubblockKind.Attention, 2.129258, 5.316025)]
    public void NoOpsDivergeAsMeasuredElsewhere(int layer, SubblockKind kind, double kl, double loss)
    {
        var folder = Shared.Path("models", "tinystories-656K");
        using var checkpoint = CheckpointFile.Open(folder);
        using var parent = ModelLoader.Load(checkpoint);
        var tokenizer = Tokenizers.Load(folder);
        var ids = tokenizer.Encode(File.ReadAllText(Shared.Path("text", "tinystories", "validation.txt")));
        Assert.Equal([80, 1030, 1063, 677, 1169, 237], ids[..6]);

        var child = parent.Shallow();
        child.Replace(layer, new NoOpSubblock(kind));
        var divergence = Divergence.Between(parent, child, [.. ids.AsSpan(0, 16384), tokenizer.EosId!.Value], cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(16384, divergence.Tokens);
        Assert.Equal(kl, divergence.Kl, 1e-4 * kl);
        Assert.Equal(loss, divergence.ChildLoss, 1e-4 * loss);
        Assert.Equal(3.542770, divergence.ParentLoss, 1e-4);
        Assert.Equal(0.2822, divergence.ParentTop, 1e-4);
    }

    [Fact]
    public void AModelDoesNotDivergeFromItself()
    {
        using var model = TinyModel.Create(TinyModel.Config());
        var ids = Enumerable.Range(0, 65).Select(i => i * 7 % 96).ToArray();
        var divergence = Divergence.Between(model, model, ids, window: 16, batchSize: 3, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(0, divergence.Kl, 1e-6);
        Assert.Equal(1, divergence.TopAgreement);
        Assert.Equal(divergence.ParentLoss, divergence.ChildLoss);
    }
}
