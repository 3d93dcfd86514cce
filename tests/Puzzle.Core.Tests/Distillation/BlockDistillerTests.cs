using Puzzle.Core.Distillation;
using Puzzle.Core.Initialisation;
using Puzzle.Core.Models;
using Puzzle.Core.Variants;
using static TorchSharp.torch;

namespace Puzzle.Core.Tests.Distillation;

public class BlockDistillerTests
{
    private static readonly SubblockSpec[] s_specs = [new GroupedQuerySpec(1), new LinearAttentionSpec(), new SwiGluSpec(32), new LinearFeedForwardSpec()];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TrainingLowersTheHeldOutLossOfEveryVariant(bool blockTarget)
    {
        using var scope = NewDisposeScope();
        using var parent = TinyModel.Create(TinyModel.Config());
        using var activations = new ParentActivations(parent, TinyModel.Ids(64, 16));
        activations.Advance();
        var started = Initialiser.Start(parent, activations, s_specs, "paper").ToArray();
        Assert.Equal(s_specs.Length, started.Length);
        var distilled = BlockDistiller.Distill(parent, activations, started, new DistillOptions { Tokens = 16_384, BlockTarget = blockTarget, LearningRate = 3e-3 });
        foreach (var variant in distilled)
        {
            Assert.True(variant.Trained);
            Assert.True(variant.After < variant.Before, $"{variant.Subblock.Spec.Id}: {variant.Before} -> {variant.After}");
        }
    }

    [Fact]
    public void VariantsTrainedTogetherEqualThoseTrainedAlone()
    {
        using var scope = NewDisposeScope();
        using var parent = TinyModel.Create(TinyModel.Config());
        using var activations = new ParentActivations(parent, TinyModel.Ids(16, 16));
        var options = new DistillOptions { Tokens = 1024 };
        var together = BlockDistiller.Distill(parent, activations, [.. Initialiser.Start(parent, activations, s_specs)], options);
        foreach (var (spec, joint) in s_specs.Zip(together))
        {
            var alone = BlockDistiller.Distill(parent, activations, [.. Initialiser.Start(parent, activations, [spec])], options).Single();
            Assert.Equal(alone.After, joint.After, 1e-5);
        }
    }

    [Fact]
    public void TheBestStartIsNeverWorseThanThePapers()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var parent = TinyModel.Create(TinyModel.Config());
        using var activations = new ParentActivations(parent, TinyModel.Ids(64, 16));
        do
        {
            var paper = Initialiser.Start(parent, activations, s_specs, "paper").ToArray();
            var best = Initialiser.Start(parent, activations, s_specs).ToArray();
            foreach (var (plain, chosen) in paper.Zip(best))
                Assert.True(chosen.Error <= plain.Error + 1e-9, $"{chosen.Subblock.Spec.Id} {chosen.Start} {chosen.Error} > {plain.Error}");
        }
        while (activations.Advance());
    }

    [Fact]
    public void TheFullWidthKeptBySecondOrderRemovalIsTheParentsFunction()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var parent = TinyModel.Create(TinyModel.Config());
        using var activations = new ParentActivations(parent, TinyModel.Ids(64, 16));
        var started = Initialiser.Start(parent, activations, [new SwiGluSpec(63)], "second_order").Single();
        Assert.True(started.Error < 0.02, $"{started.Error}");
    }

    [Fact]
    public void EveryVariantOverfitsAFixedBatchOrReachesItsFloor()
    {
        using var scope = NewDisposeScope();
        using var parent = TinyModel.Create(TinyModel.Config());
        // Few tokens: every variant has more weights than there are numbers to meet, except the linear ones, whose floor is their ridge fit.
        using var activations = new ParentActivations(parent, TinyModel.Ids(2, 8));
        SubblockSpec[] specs = [new GroupedQuerySpec(1), new GroupedQuerySpec(2, 4), new SwiGluSpec(32), new LinearAttentionSpec(), new LinearFeedForwardSpec()];
        var started = specs.Select((spec, i) => new StartedVariant(0, TinyModel.Subblock(spec, parent), "random", new Dictionary<string, double>())).ToArray();
        var batch = new LayerBatch(activations.Input_WTD, activations.AfterAttention_WTD, activations.Output_WTD, null);
        var options = new DistillOptions { Tokens = 16 * 1500, LearningRate = 1e-2, WeightDecay = 0, EvaluateEvery = 100, GoodEnough = 0 };
        using var distiller = new LayerDistiller(parent, 0, activations.Context, started, options, batch, 1500);
        while (distiller.Step < 1500)
            distiller.Train(batch);
        foreach (var variant in distiller.Finish())
        {
            Assert.True(variant.After < 1e-3 * variant.Before, $"{variant.Subblock.Spec.Id}: {variant.Before} -> {variant.After}");
            variant.Subblock.Dispose();
        }
    }

    [Fact]
    public void AChildThatNoLongerGetsBetterLeavesAndTheOthersGoOnAsBefore()
    {
        using var scope = NewDisposeScope();
        using var parent = TinyModel.Create(TinyModel.Config());
        using var activations = new ParentActivations(parent, TinyModel.Ids(16, 16));
        SubblockSpec[] specs = [new SwiGluSpec(63), new SwiGluSpec(8), new LinearFeedForwardSpec()];
        var options = new DistillOptions { Tokens = 16 * 8 * 60, EvaluateEvery = 2, Patience = 3, LearningRate = 1e-2, GoodEnough = 0 };
        var together = BlockDistiller.Distill(parent, activations, [.. Initialiser.Start(parent, activations, specs)], options);
        foreach (var (spec, joint) in specs.Zip(together))
        {
            var alone = BlockDistiller.Distill(parent, activations, [.. Initialiser.Start(parent, activations, [spec])], options).Single();
            Assert.Equal(alone.After, joint.After, 1e-4 * alone.After);
        }
    }

    [Fact]
    public void ElasticWidthsAreTheBeginningsOfOneSetOfWeights()
    {
        using var scope = NewDisposeScope();
        using var parent = TinyModel.Create(TinyModel.Config());
        using var activations = new ParentActivations(parent, TinyModel.Ids(64, 16));
        SubblockSpec[] specs = [new SwiGluSpec(16), new SwiGluSpec(48), new SwiGluSpec(32), new LinearFeedForwardSpec()];
        var options = new DistillOptions { Tokens = 64 * 8 * 16, EvaluateEvery = 8, LearningRate = 2e-3, GoodEnough = 0, ElasticWidths = 2 };
        var distilled = BlockDistiller.Distill(parent, activations, [.. Initialiser.Start(parent, activations, specs, "channel_contribution")], options);
        Assert.All(distilled, variant => Assert.True(variant.After < variant.Before, $"{variant.Subblock.Spec}: {variant.Before} -> {variant.After}"));
        var repeated = BlockDistiller.Distill(parent, activations, [.. Initialiser.Start(parent, activations, specs, "channel_contribution")], options);
        Assert.Equal(distilled.Select(variant => variant.After), repeated.Select(variant => variant.After));
    }
}
