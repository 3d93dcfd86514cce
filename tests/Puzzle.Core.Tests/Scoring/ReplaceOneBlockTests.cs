using Puzzle.Core.Scoring;
using Puzzle.Core.Variants;
using Puzzle.Core.Variants.NoOp;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Core.Tests.Scoring;

public class ReplaceOneBlockTests
{
    [Theory]
    [InlineData(0, SubblockKind.Attention)]
    [InlineData(1, SubblockKind.FeedForward)]
    [InlineData(2, SubblockKind.Attention)]
    [InlineData(2, SubblockKind.FeedForward)]
    public void ScoresEqualThoseOfARebuiltModel(int layer, SubblockKind kind)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var parent = TinyModel.Create(TinyModel.Config());
        var ids = TinyModel.Ids(11, 16);
        using var scorer = new ReplaceOneBlock(parent, ids, afterLast: 3);
        Assert.Equal(0, scorer.Unchanged.Kl, 1e-7);
        var score = scorer.Score(layer, new NoOpSubblock(kind));

        using var child = parent.Clone();
        child.Replace(layer, new NoOpSubblock(kind));
        var p = nn.functional.log_softmax(parent.Forward(ids), -1);
        var q = nn.functional.log_softmax(child.Forward(ids), -1);
        var targets = cat([ids.flatten().narrow(0, 1, 175), tensor(new long[] { 3 })]);
        Assert.Equal((p.exp() * (p - q)).sum(-1).mean().item<float>(), score.Kl, 1e-5);
        Assert.Equal(nn.functional.nll_loss(q.flatten(0, 1), targets).item<float>(), score.LmLoss, 1e-5);
        Assert.Equal(p.argmax(-1).eq(q.argmax(-1)).to(ScalarType.Float32).mean().item<float>(), score.TopOneAgreement, 1e-6);
    }
}
