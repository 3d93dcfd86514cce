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
        Assert.Equal(0, scorer.Unchanged.Kl, 5e-7);
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

    [Fact]
    public void SubblocksScoredTogetherScoreAsAlone()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var parent = TinyModel.Create(TinyModel.Config());
        using var scorer = new ReplaceOneBlock(parent, TinyModel.Ids(11, 16));
        var subblocks = new Subblock[] { new NoOpSubblock(SubblockKind.Attention), parent.Blocks[0].FeedForward, new NoOpSubblock(SubblockKind.FeedForward), parent.Blocks[0].Attention };

        var together = scorer.ScoreAll(1, subblocks);
        Assert.Equal(subblocks.Length, together.Count);
        foreach (var (subblock, score) in subblocks.Zip(together))
        {
            var alone = scorer.Score(1, subblock);
            Assert.Equal(alone.Spec, score.Spec);
            Assert.Equal(alone.Kl, score.Kl, 1e-6);
            Assert.Equal(alone.LmLoss, score.LmLoss, 1e-5);
            Assert.Equal(alone.TopOneAgreement, score.TopOneAgreement, 1e-6);
        }
    }

    [Fact]
    public void TheParentsProbabilitiesMayBeKeptOrComputedAnew()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var parent = TinyModel.Create(TinyModel.Config());
        using var child = parent.Clone();
        child.Replace(1, new NoOpSubblock(SubblockKind.FeedForward));
        var ids = TinyModel.Ids(11, 16);
        var (p, q) = (parent.Hidden(ids), child.Hidden(ids));
        using var kept = new Divergence(parent, ids, p);
        using var anew = new Divergence(parent, ids, p, keepBytes: 0);

        Assert.Equal(kept.Compare(q, child), anew.Compare(q, child));
        Assert.Equal(0, kept.Compare(p, parent).Kl, 5e-7);
        Assert.Equal(1, kept.Compare(p, parent).TopOneAgreement);
    }

    [Fact]
    public void OneRowEqualsTheDefinitionInDouble()
    {
        var random = new Random(3);
        foreach (var (size, spread) in (IEnumerable<(int, double)>)[(1, 1), (7, 3), (512, 10), (1031, 60), (49_152, 8)])
        {
            var z = Enumerable.Range(0, size).Select(_ => (float)(spread * (random.NextDouble() - 0.5))).ToArray();
            var y = Enumerable.Range(0, size).Select(_ => (float)(spread * (random.NextDouble() - 0.5))).ToArray();
            var (logP, logQ) = (LogSoftmax(y), LogSoftmax(z));
            var p = logP.Select(value => (float)Math.Exp(value)).ToArray();
            var made = (float[])y.Clone();
            var negativeEntropy = DivergenceKernel.Probabilities(made, y[0] - logP[0]);
            var row = DivergenceKernel.Row.Start;
            for (var column = 0; column < size; column += 700)
            {
                var count = Math.Min(700, size - column);
                DivergenceKernel.Add(ref row, z.AsSpan(column, count), made.AsSpan(column, count), column);
            }

            Assert.All(p.Zip(made), pair => Assert.Equal(pair.First, pair.Second, 6e-6f * pair.First + 2e-38f));
            Assert.Equal(p.Zip(logP).Sum(pair => pair.First * pair.Second), negativeEntropy, 2e-6 * Math.Max(1, spread));
            Assert.Equal(logP.Zip(logQ).Sum(pair => Math.Exp(pair.First) * (pair.First - pair.Second)), row.Kl(negativeEntropy), 2e-6 * Math.Max(1, spread));
            Assert.Equal(z[0] - logQ[0], row.LogSum, 1e-5 * Math.Max(1, Math.Abs(row.LogSum)));
            Assert.Equal(Array.IndexOf(z, z.Max()), row.First);
        }
    }

    private static double[] LogSoftmax(float[] logits)
    {
        var largest = logits.Max();
        var logSum = largest + Math.Log(logits.Sum(logit => Math.Exp((double)logit - largest)));
        return Array.ConvertAll(logits, logit => logit - logSum);
    }
}
