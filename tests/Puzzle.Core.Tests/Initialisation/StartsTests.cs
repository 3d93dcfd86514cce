using Puzzle.Core.Initialisation;
using Puzzle.Core.Models;
using Puzzle.Core.Variants;
using Puzzle.Core.Variants.GroupedQuery;
using Puzzle.Core.Variants.SwiGlu;
using TorchSharp;
using static TorchSharp.torch;

namespace Puzzle.Core.Tests.Initialisation;

public class StartsTests
{
    [Fact]
    public void TheScheduleOfRemovalsIsAsPublished()
    {
        Assert.Equal([3, 3, 2, 2], IterativeContribution.Schedule(10, 4));
        Assert.Equal([0, 1, 0, 0, 1, 0, 1, 0, 0, 1], IterativeContribution.Schedule(4, 10));
        foreach (var (channels, batches) in new[] { (1, 1), (7, 7), (1, 5), (384, 16), (3, 16), (17, 16) })
        {
            var schedule = IterativeContribution.Schedule(channels, batches);
            Assert.Equal(batches, schedule.Length);
            Assert.Equal(channels, schedule.Sum());
            Assert.True(schedule[^1] > 0);
        }
    }

    [Fact]
    public void IterativeContributionIsTheDistanceToTheFullOutputByDefinition()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var parent = TinyModel.Create(TinyModel.Config());
        using var activations = new ParentActivations(parent, TinyModel.Ids(8, 16));
        using var statistics = new SubblockStatistics(SubblockKind.FeedForward, parent.Config, activations, perToken: false, heldOut: 0);
        var wide = (SwiGluFeedForward)parent.Blocks[0].FeedForward;
        var order = IterativeContribution.Rank(wide, statistics);

        // By definition: for each candidate the whole output without it and without all that are gone.
        var gone = new List<long>();
        var schedule = IterativeContribution.Schedule(64, 8);
        for (var batch = 0; batch < 8; batch++)
        {
            var z = wide.Activations(statistics.Normalised(wide.Norm, (batch, 1))).flatten(0, 1);
            var full = z.matmul(wide.Down.t());
            var distances = Enumerable.Range(0, 64).Select(channel =>
            {
                var left = z.clone();
                foreach (var removed in gone.Append(channel))
                    left[TensorIndex.Colon, removed] = 0;
                return gone.Contains(channel) ? double.PositiveInfinity : (full - left.matmul(wide.Down.t())).square().sum(-1).sqrt().mean().item<float>();
            }).ToArray();
            gone.AddRange(Enumerable.Range(0, 64).OrderBy(channel => distances[channel]).Take(schedule[batch]).Select(channel => (long)channel));
        }

        Assert.Equal(gone, order);
    }

    [Fact]
    public void SecondOrderRemovalTakesTheCheapestChannelEveryTime()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        const int Channels = 150;
        manual_seed(3);
        var z = randn(400, Channels).matmul(randn(Channels, Channels) * 0.2 + eye(Channels));
        var y = z.matmul(randn(Channels, 12)) + randn(400, 12);
        var gram = GramMatrices.Of(z, y, ones(400, 1));
        var order = SecondOrderRemoval.Rank(gram);
        Assert.Equal(Enumerable.Range(0, Channels).Select(i => (long)i), order.Order());

        // At some sizes: no other channel could have gone at a lower error of the refitted rest.
        var lambda = 1e-4 * gram.Features.diagonal().mean().item<double>();
        foreach (var removed in new[] { 0, 1, 63, 64, 100, 145 })
        {
            var left = order[removed..];
            double Error(long without)
            {
                using var inner = NewDisposeScope();
                var part = gram.Keep(tensor(left.Where(channel => channel != without).Order().ToArray()));
                var w = LeastSquares.Solve(part, lambda);
                return part.NormalisedError(w) * part.Power + lambda * w.square().sum().item<double>();
            }

            Assert.Equal(left.Min(Error), Error(order[removed]), 1e-6 * gram.Power);
        }
    }

    [Fact]
    public void TheRefitIsTheMinimiserThatTrainingFinds()
    {
        using var scope = NewDisposeScope();
        manual_seed(4);
        var z = randn(200, 6);
        var y = z.matmul(randn(6, 3)) + 0.3 * randn(200, 3);
        using var gram = GramMatrices.Of(z, y, ones(200, 1));
        var closed = LeastSquares.Solve(gram, 0.5);
        var weight = zeros(3, 6, ScalarType.Float64, requires_grad: true);
        var (zd, yd) = (z.to(ScalarType.Float64), y.to(ScalarType.Float64));
        for (var step = 0; step < 400; step++)
        {
            using var inner = NewDisposeScope();
            var loss = (yd - zd.matmul(weight.t())).square().sum() + 0.5 * weight.square().sum();
            loss.backward();
            using (no_grad())
                weight.sub_(weight.grad! * 1.5e-3);
            weight.grad!.zero_();
        }

        Assert.True((closed - weight).abs().max().item<double>() < 1e-5);
    }

    [Fact]
    public void ARefitLeavesDirectionsThatItsTokensDoNotShow()
    {
        using var scope = NewDisposeScope();
        manual_seed(6);
        // The last two features never speak up in the calibration tokens.
        var z = cat([randn(300, 6), zeros(300, 2)], 1);
        var plain = randn(3, 8);
        var y = z.matmul(plain.t()) + 0.1 * randn(300, 3);
        using var gram = GramMatrices.Of(z, y, ones(300, 1));
        var (weight, error) = LeastSquares.Fit(gram, gram, plain);
        var (alone, _) = LeastSquares.Fit(gram, gram);
        Assert.True((weight - plain).narrow(1, 6, 2).abs().max().item<float>() < 1e-6);
        Assert.True(alone.narrow(1, 6, 2).abs().max().item<float>() < 1e-6);
        Assert.True(error <= gram.NormalisedError(plain));

        // Its solution is that of the shifted problem by definition.
        using var shifted = GramMatrices.Of(z, y - z.matmul(plain.t()), ones(300, 1));
        var shift = LeastSquares.Solve(shifted, 0.5) + plain;
        Assert.True((LeastSquares.Solve(gram, 0.5, plain.to(ScalarType.Float64)) - shift).abs().max().item<double>() < 1e-4);
    }

    [Fact]
    public void AWindowAsLongAsTheTextIsTheParentAndAShorterOneIsNot()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var parent = TinyModel.Create(TinyModel.Config());
        using var activations = new ParentActivations(parent, TinyModel.Ids(32, 16));
        double Error(SubblockSpec spec, string start)
        {
            var started = Initialiser.Start(parent, activations, [spec], start).Single();
            started.Subblock.Dispose();
            return started.Error;
        }

        Assert.True(Error(new GroupedQuerySpec(4, 16), "paper") < 1e-10);
        var (plain, sinks, refitted) = (Error(new GroupedQuerySpec(4, 4), "paper"), Error(new GroupedQuerySpec(4, 4, 4), "paper"), Error(new GroupedQuerySpec(4, 4), "best"));
        Assert.True(plain > 1e-3);
        Assert.True(sinks < plain, "four more positions are seen");
        Assert.True(refitted <= plain);
        Assert.True(Error(new GroupedQuerySpec(2, 8, 1), "best") < 1);
    }

    [Fact]
    public void RegroupingKeepsEveryQueryHeadOnceAndIsPlainPruningBeforeTheRefit()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var parent = TinyModel.Create(TinyModel.Config());
        using var activations = new ParentActivations(parent, TinyModel.Ids(32, 16));
        foreach (var heads in new[] { 1, 2 })
        {
            var all = Initialiser.All(parent, activations, [new GroupedQuerySpec(heads)]).ToArray();
            Assert.Equal(["mean_pool", "mean_pool_refit", "keep_heads", "keep_heads_refit", "regroup", "regroup_refit"], all.Select(started => started.Start));
            var regrouped = (GroupedQueryAttention)all[4].Subblock;
            var own = (GroupedQueryAttention)parent.Blocks[0].Attention;
            var q = regrouped.Qkv.narrow(0, 0, 32);
            Assert.Equal(own.Qkv.narrow(0, 0, 32).sum(ScalarType.Float64).item<double>(), q.sum(ScalarType.Float64).item<double>(), 1e-4);
            Assert.Equal(8 - heads * 2, Enumerable.Range(0, 8).Count(head => regrouped.Output.narrow(1, head * 4, 4).abs().sum().item<float>() == 0));
            Assert.True(all[5].Error < all[4].Error);
            foreach (var started in all)
                started.Subblock.Dispose();
        }
    }

    [Fact]
    public void PaddingDoesNotCount()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var parent = TinyModel.Create(TinyModel.Config());
        var ids = TinyModel.Ids(16, 16);
        var counts = ones(16, 16);
        counts.narrow(1, 10, 6).zero_();
        var other = ids.clone();
        other.narrow(1, 10, 6).copy_(TinyModel.Ids(16, 6, 99));
        double Error(Tensor windows)
        {
            using var activations = new ParentActivations(parent, windows, counts);
            var started = Initialiser.Start(parent, activations, [new LinearAttentionSpec()], "ridge", perToken: false).Single();
            started.Subblock.Dispose();
            return started.Error;
        }

        Assert.Equal(Error(ids), Error(other), 1e-6);
    }
}
